import { describe, expect, it } from "vitest";
import { type Decision, decide, knownAfter, type Sign } from "../../../lib/archive/decide.js";
import { type Known, knownFromRow, knownToRow } from "../../../lib/catalog/known.js";
import { categoriesMark, textMark } from "../../../lib/catalog/rows.js";
import type { ImmutableId, MessageKey } from "../../../lib/core/ids.js";
import type { LedgerEvent } from "../../../lib/ledger/record.js";
import type { MessageFacts } from "../../../lib/ports/mail-source.js";

const id = "m1" as ImmutableId;
const key = "0".repeat(32) as MessageKey;
const inbox = { id: "inbox", path: "/Inbox" };

const known: Known = {
  key,
  version: 1,
  receivedAt: "2026-03-01T07:00:00Z",
  folderId: "inbox",
  changeKey: "c1",
  subjectHash: textMark("hello"),
  previewHash: textMark("Dear Anna, as agreed"),
  messageIdHash: textMark("<1@x>"),
  hasAttachment: false,
  isDraft: false,
  isRead: true,
  flag: "notFlagged",
  importance: "normal",
  categoriesHash: categoriesMark(["Red", "Blue"]),
  run: "r_1",
};

const facts: MessageFacts = {
  id,
  changeKey: "c1",
  subject: "hello",
  preview: "Dear Anna, as agreed",
  internetMessageId: "<1@x>",
  hasAttachments: false,
  isDraft: false,
  isRead: true,
  flag: "notFlagged",
  importance: "normal",
  categories: ["Blue", "Red"],
};

const said = (change: Partial<MessageFacts>): Sign => ({ kind: "present", id, message: { ...facts, ...change } });
const read = new Set(["inbox", "archive"]);
const decided = (sign: Sign, before: Known | undefined, folder = inbox): Decision =>
  decide(sign, before, { folder, tells: (other) => read.has(other) });

describe("a message that is present", () => {
  it("is fetched when the archive does not know it", () => {
    expect(decided(said({}), undefined)).toMatchObject({ kind: "fetch", version: 1 });
  });

  it("gives no event when nothing changed, in whatever order its categories come", () => {
    expect(decided(said({}), known)).toEqual({ kind: "record", events: [] });
  });

  const partial: MessageFacts = { id, changeKey: "c2", isRead: true };
  it("gives no event for what is not said", () => {
    expect(decided({ kind: "present", id, message: partial }, known)).toEqual({ kind: "record", events: [] });
    expect(decided({ kind: "present", id, message: { id } }, known)).toEqual({ kind: "record", events: [] });
  });

  it.each([
    { name: "subject", change: { subject: "other" } },
    { name: "text", change: { changeKey: "c2", preview: "Dear Anna, as never agreed" } },
    { name: "Message-ID", change: { internetMessageId: "<2@x>" } },
    { name: "attachments", change: { hasAttachments: true } },
  ])("is fetched as the next version when its $name changed", ({ change }) => {
    expect(decided(said(change), known)).toMatchObject({ kind: "fetch", version: 2 });
    expect(decided(said(change), { ...known, version: 2 })).toMatchObject({ kind: "fetch", version: 3 });
  });

  it("is not fetched for a text that the archive had nothing to compare with", () => {
    const { previewHash: _, ...before } = known;
    expect(decided(said({ changeKey: "c2", preview: "other" }), before)).toEqual({ kind: "record", events: [] });
  });

  it("is not fetched for a new changeKey alone, unless it is a draft", () => {
    expect(decided(said({ changeKey: "c2" }), known)).toEqual({ kind: "record", events: [] });
    const draft = { ...known, isDraft: true };
    expect(decided(said({ changeKey: "c2", isDraft: true }), draft)).toMatchObject({ kind: "fetch" });
    expect(decided(said({ changeKey: "c2", isDraft: false }), draft), "sent").toMatchObject({ kind: "fetch" });
    expect(decided(said({ isDraft: true }), draft)).toMatchObject({ kind: "record" });
  });

  const same = { key, receivedAt: known.receivedAt };
  it.each([
    { name: "read state", change: { isRead: false }, event: { isRead: false } },
    { name: "flag", change: { flag: "flagged" }, event: { flag: "flagged" } },
    { name: "importance", change: { importance: "high" }, event: { importance: "high" } },
    { name: "categories", change: { categories: ["Red"] }, event: { categories: ["Red"] } },
    { name: "no categories any more", change: { categories: [] }, event: { categories: [] } },
  ])("changed in its $name only", ({ change, event }) => {
    const expected = { kind: "changed", ...same, ...event, changeKey: "c1" };
    expect(decided(said(change), known)).toEqual({ kind: "record", events: [expected] });
  });

  it("has moved when the archive believes it elsewhere", () => {
    const moved = { kind: "moved", ...same, from: "archive", to: "inbox", toPath: "/Inbox" };
    expect(decided(said({}), { ...known, folderId: "archive" })).toEqual({ kind: "record", events: [moved] });
  });

  it("has returned when the archive believes it gone", () => {
    const returned = { kind: "returned", ...same, to: "inbox", toPath: "/Inbox" };
    const removed = { ...known, removedAt: "2026-03-02T00:00:00Z" };
    expect(decided(said({}), removed)).toEqual({ kind: "record", events: [returned] });
  });
});

describe("a message that the archive believes", () => {
  const gone = { ...known, removedAt: "2026-03-02T00:00:00Z" };
  const table: { name: string; before: Known | undefined; removed: string; listed: string }[] = [
    { name: "nothing of", before: undefined, removed: "ask", listed: "ask" },
    { name: "here", before: known, removed: "ask", listed: "ignore" },
    {
      name: "in another folder that is read",
      before: { ...known, folderId: "archive" },
      removed: "ignore",
      listed: "ask",
    },
    { name: "in a folder that is not read", before: { ...known, folderId: "junk" }, removed: "ask", listed: "ask" },
    { name: "gone", before: gone, removed: "ask", listed: "ask" },
    { name: "gone from another folder", before: { ...gone, folderId: "archive" }, removed: "ask", listed: "ask" },
  ];
  it.each(table)("$name: removed → $removed, listed → $listed", ({ before, removed, listed }) => {
    expect(decided({ kind: "removed", id }, before).kind).toBe(removed);
    expect(decided({ kind: "listed", id, message: { id } }, before).kind).toBe(listed);
  });
});

it("is known, after events, as the catalog row will say", () => {
  const same = { key, receivedAt: known.receivedAt };
  const events: LedgerEvent[] = [
    { kind: "moved", ...same, from: "inbox", to: "archive", toPath: "/Archive" },
    { kind: "changed", ...same, isRead: false, categories: ["New"], changeKey: "c9" },
    { kind: "removed", ...same, from: "archive", at: "2026-03-03T00:00:00Z" },
  ];
  const after = knownAfter(known, events);
  expect(after).toEqual({
    ...known,
    folderId: "archive",
    isRead: false,
    categoriesHash: categoriesMark(["New"]),
    changeKey: "c9",
    removedAt: "2026-03-03T00:00:00Z",
  });
  const { removedAt: _, ...back } = { ...after, folderId: "inbox" };
  expect(knownAfter(after, [{ kind: "returned", ...same, to: "inbox", toPath: "/Inbox" }])).toEqual(back);
  expect(knownFromRow(knownToRow(after) as never)).toEqual(after);
  expect(knownFromRow(knownToRow(back) as never)).toEqual(back);
});
