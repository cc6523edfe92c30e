import { expect, it } from "vitest";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { loadCursors, saveCursors } from "../../../lib/catalog/cursors.js";
import type { FolderId, ProfileId } from "../../../lib/core/ids.js";
import type { CursorMark } from "../../../lib/ledger/record.js";
import { box } from "../runs/a-run.js";

const [one, two] = ["p_0000000000000001", "p_0000000000000002"] as [ProfileId, ProfileId];
const mark = (profile: string, folderId: string, change: Partial<CursorMark> = {}): CursorMark => ({
  profile,
  folderId,
  link: `https://graph.example/${profile}/${folderId}`,
  kind: "delta",
  ...change,
});
const inbox = "inbox" as FolderId;

it("gives back what was saved, also a link longer than a property", async () => {
  const rows = memoryRowStore();
  const link = `https://graph.example/${"x".repeat(50_000)}`;
  await saveCursors(rows, box, [mark(one, inbox, { link, kind: "resync", itemCount: 0, comparedAt: "2026-03-01" })]);
  expect((await loadCursors(rows, box, { profile: one })).get(inbox)).toEqual({
    folderId: inbox,
    link,
    kind: "resync",
    itemCount: 0,
    comparedAt: "2026-03-01",
  });
});

it("forgets what a later mark does not say", async () => {
  const rows = memoryRowStore();
  await saveCursors(rows, box, [mark(one, inbox, { itemCount: 3, comparedAt: "2026-03-01" })]);
  await saveCursors(rows, box, [mark(one, inbox, { kind: "next" })]);
  expect((await loadCursors(rows, box, { profile: one })).get(inbox)).toEqual({
    folderId: inbox,
    link: mark(one, inbox).link,
    kind: "next",
  });
});

it("keeps the cursors of profiles apart", async () => {
  const rows = memoryRowStore();
  await saveCursors(rows, box, [mark(one, inbox), mark(two, inbox), mark(two, "archive")]);
  expect((await loadCursors(rows, box, { profile: one })).get(inbox)?.link).toContain(one);
  expect((await loadCursors(rows, box, { profile: one })).size).toBe(1);
  expect((await loadCursors(rows, box, { profile: two })).size).toBe(2);
});
