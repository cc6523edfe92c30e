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
  ])("is asked for, and keeps no message out if nobody can say: %j", (filter) => {
    expect(verdict(filter, bare).kind).toBe("ask");
    expect(verdict(filter, bare, true).kind).toBe("take");
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
