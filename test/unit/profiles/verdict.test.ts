import { describe, expect, it } from "vitest";
import type { ImmutableId } from "../../../lib/core/ids.js";
import { day } from "../../../lib/core/time.js";
import type { MessageFacts } from "../../../lib/ports/mail-source.js";
import { MessageFilter } from "../../../lib/profiles/filter.js";
import { judgeOf } from "../../../lib/profiles/verdict.js";

const now = new Date("2026-03-31T12:00:00Z");
const whole: MessageFacts = {
  id: "m" as ImmutableId,
  receivedAt: "2026-03-01T12:00:00Z",
  from: { email: "Anna@Sales.Contoso.com" },
  sender: { email: "ben@contoso.com" },
  to: [],
  isRead: true,
  hasAttachments: false,
  categories: ["Ärger", "Blue"],
  size: 1_000,
  flag: "flagged",
  messageClass: "IPM.Note.SMIME.MultipartSigned",
  sensitivity: "private",
  labels: ["0b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a10"],
};
const verdict = (filter: object, message: MessageFacts, isWhole = false) =>
  judgeOf(MessageFilter.parse(filter)).verdict(message, { now, whole: isWhole });
const outcome = (filter: object, message = whole) => {
  const found = verdict(filter, message);
  return found.kind === "skip" ? found.cause : found.kind;
};

it.each([
  [{ receivedFrom: "2026-03-01T12:00:00Z" }, "take"],
  [{ receivedFrom: "2026-03-01T12:00:01Z" }, "RECEIVED_TOO_EARLY"],
  [{ receivedFrom: "2026-03-01" }, "take"],
  [{ receivedTo: "2026-03-01T12:00:00Z" }, "RECEIVED_TOO_LATE"],
  [{ receivedTo: "2026-03-01T13:00:01+01:00" }, "take"],
  [{ olderThanDays: 30 }, "take"],
  [{ olderThanDays: 31 }, "wait"],
  [{ olderThanDays: 31, read: "unread" }, "IS_READ"],
  [{ read: "read" }, "take"],
  [{ hasAttachments: "yes" }, "HAS_NO_ATTACHMENTS"],
  [{ hasAttachments: "no" }, "take"],
  [{ minSize: 1_000, maxSize: 1_000 }, "take"],
  [{ minSize: 1_001 }, "UNDER_MIN_SIZE"],
  [{ maxSize: 999 }, "OVER_MAX_SIZE"],
  [{ senders: ["anna@sales.contoso.com"] }, "take"],
  [{ senders: ["ben@contoso.com"] }, "take"],
  [{ senders: ["@contoso.com"] }, "take"],
  [{ senders: ["@fabrikam.com", "@toso.com"] }, "SENDER_NOT_CHOSEN"],
  [{ senders: ["*@*.contoso.com"] }, "take"],
  [{ senders: ["@*.contoso.com"] }, "take"],
  [{ senders: ["an*@sales.contoso.com"] }, "take"],
  [{ senders: ["ann@*"] }, "SENDER_NOT_CHOSEN"],
  [{ categories: ["a\u0308rger"] }, "take"],
  [{ categories: ["Red"] }, "CATEGORY_NOT_CHOSEN"],
  [{ flag: "flagged" }, "take"],
  [{ flag: "notFlagged" }, "FLAG_NOT_CHOSEN"],
  [{ flag: "complete" }, "FLAG_NOT_CHOSEN"],
  [{ messageClasses: ["ipm.note.smime*"] }, "take"],
  [{ messageClasses: ["IPM.Note", "IPM.Note.SMIME.MultipartSigned"] }, "take"],
  [{ messageClasses: ["IPM.Note", "IPM.Note.SMIME"] }, "MESSAGE_CLASS_NOT_CHOSEN"],
  [{ messageClasses: ["REPORT.*"] }, "MESSAGE_CLASS_NOT_CHOSEN"],
  [{ sensitivity: ["private", "confidential"] }, "take"],
  [{ sensitivity: ["normal"] }, "SENSITIVITY_NOT_CHOSEN"],
  [{ sensitivityLabels: ["none", "0B2A9E5C-7A1D-4A61-9C0E-2F4D1C6B7A10"] }, "take"],
  [{ sensitivityLabels: ["none"] }, "LABEL_NOT_CHOSEN"],
])("%j: %s", (filter, expected) => expect(outcome(filter)).toBe(expected));

it("waits until the very millisecond", () => {
  const found = verdict({ olderThanDays: 31 }, whole);
  expect(found).toMatchObject({
    kind: "wait",
    dueAt: new Date(Date.parse(whole.receivedAt ?? "") + 31 * day).toISOString(),
  });
});

describe("what is not said", () => {
  const bare: MessageFacts = { id: whole.id };
  it.each([
    { receivedFrom: "2026-01-01" },
    { olderThanDays: 1 },
    { read: "read" },
    { hasAttachments: "no" },
    { minSize: 1 },
    { senders: ["a@x.y"] },
    { categories: ["a"] },
    { flag: "flagged" },
    { messageClasses: ["IPM.Note"] },
    { sensitivity: ["normal"] },
    { sensitivityLabels: ["none"] },
  ])("is asked for, and keeps no message out if nobody can say: %j", (filter) => {
    expect(verdict(filter, bare).kind).toBe("ask");
    const found = verdict(filter, bare, true);
    const [field] = Object.keys(filter);
    expect(found).toMatchObject({ kind: "take", ...(field !== "minSize" && { unjudged: [field] }) });
  });

  it("is told of every field, and of none when all is said", () => {
    const filter = { receivedTo: "2027-01-01", flag: "flagged", sensitivity: ["private"], senders: ["@contoso.com"] };
    expect(verdict(filter, { ...bare, flag: "flagged" }, true)).toEqual({
      kind: "take",
      unjudged: ["receivedTo", "senders", "sensitivity"],
    });
    expect(verdict(filter, whole, true)).toEqual({ kind: "take" });
  });

  it("is what a label or its absence is not: a message told to have none has none", () => {
    const filter = { sensitivityLabels: ["none"] };
    expect(verdict(filter, { ...bare, labels: [] })).toEqual({ kind: "take" });
    expect(outcome({ sensitivityLabels: ["0b2a9e5c-7a1d-4a61-9c0e-2f4d1c6b7a10"] }, { ...bare, labels: [] })).toBe(
      "LABEL_NOT_CHOSEN",
    );
  });

  it("is asked for of who needs it, and of nobody else", () => {
    const asks = (filter: object) => judgeOf(MessageFilter.parse(filter)).asks;
    expect(asks({ read: "read", olderThanDays: 3, categories: ["a"] })).toEqual([]);
    expect(asks({ maxSize: 1 })).toEqual(["size"]);
    expect(
      asks({ flag: "flagged", messageClasses: ["a"], sensitivity: ["normal"], sensitivityLabels: ["none"] }),
    ).toEqual(["flag", "messageClass", "sensitivity", "labels"]);
  });

  it("of a filter from before there was more to ask, nothing more is asked", () => {
    const {
      flag: _,
      messageClasses: __,
      sensitivity: ___,
      sensitivityLabels: ____,
      ...before
    } = MessageFilter.parse({
      read: "read",
    });
    expect(judgeOf(before).verdict(whole, { now, whole: false })).toEqual({ kind: "take" });
  });

  it("is not asked for when what is said decides", () => {
    expect(outcome({ read: "unread", senders: ["a@x.y"] }, { id: whole.id, isRead: true })).toBe("IS_READ");
    expect(outcome({ olderThanDays: 60, senders: ["a@x.y"] }, { id: whole.id, receivedAt: now.toISOString() })).toBe(
      "wait",
    );
  });

  it("of a size is decided by the bytes", () => {
    const found = verdict({ minSize: 10, maxSize: 20 }, bare, true);
    const unlessSize = found.kind === "take" ? found.unlessSize : undefined;
    expect([9, 10, 20, 21].map((bytes) => unlessSize?.(bytes))).toEqual([
      "UNDER_MIN_SIZE",
      undefined,
      undefined,
      "OVER_MAX_SIZE",
    ]);
  });

  it("of senders, where the recipients are told, is nobody", () => {
    const { from: _, sender: __, ...unsigned } = whole;
    expect(verdict({ senders: ["a@x.y"] }, unsigned).kind).toBe("ask");
    expect(verdict({ senders: ["a@x.y"] }, unsigned, true)).toEqual({ kind: "skip", cause: "SENDER_NOT_CHOSEN" });
  });

  it("of nothing matters to a filter that takes everything", () => expect(verdict({}, bare)).toEqual({ kind: "take" }));
});
