// What waits and what is owed, as rows: in order, for each profile by itself, whatever else the record says.
import { expect, it } from "vitest";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { applyToQuarantine, owedMessages, owedPlaces } from "../../../lib/catalog/quarantine.js";
import { applyWaiting, dueMessages, waitingHashes } from "../../../lib/catalog/waiting.js";
import type { LedgerEvent } from "../../../lib/ledger/record.js";
import { aRecord } from "../ledger/a-record.js";
import { box } from "../runs/a-run.js";

const [one, two] = ["p_0000000000000001", "p_0000000000000002"];
const scope = "0123456789abcdef";
const waits = (id: string, dueAt: string, change: object = {}): LedgerEvent => ({
  kind: "waiting",
  id,
  folderId: "inbox",
  profile: one,
  scope,
  dueAt,
  cause: "NOT_OLD_ENOUGH",
  version: 1,
  ...change,
});
const recordOf = (...events: LedgerEvent[]) => ({ ...aRecord(1, null, { mailbox: box }), stored: [], events });

async function waitingAt(rows: ReturnType<typeof memoryRowStore>, time: string, waiter = { profile: one, scope }) {
  const ids: string[] = [];
  for await (const { id } of dueMessages(rows, box, { waiter, now: new Date(time) })) ids.push(id);
  return ids;
}

it("gives what is due, the longest due first, and no more", async () => {
  const rows = memoryRowStore();
  const times = ["2026-03-03T00:00:00.000Z", "2026-03-01T00:00:00.000Z", "2026-03-05T00:00:00.000Z"];
  await applyWaiting(rows, recordOf(...times.map((time, n) => waits(`m${n}`, time))));
  expect(await waitingAt(rows, "2026-02-28T23:59:59.999Z")).toEqual([]);
  expect(await waitingAt(rows, "2026-03-03T00:00:00.000Z")).toEqual(["m1", "m0"]);
  expect((await waitingHashes(rows, box, { profile: one, scope })).size).toBe(3);
});

it("keeps profiles and filters apart, and ends one wait at a time", async () => {
  const rows = memoryRowStore();
  const due = "2026-03-01T00:00:00.000Z";
  const other = { profile: two, scope };
  const before = { profile: one, scope: "fedcba9876543210" };
  await applyWaiting(rows, recordOf(waits("m", due), waits("m", due, other), waits("m", due, before)));
  await applyWaiting(rows, recordOf({ kind: "released", id: "m", profile: one, scope, dueAt: due }));
  expect(await waitingAt(rows, due)).toEqual([]);
  expect(await waitingAt(rows, due, other)).toEqual(["m"]);
  expect(await waitingAt(rows, due, before)).toEqual(["m"]);
});

it("owes a message to whoever wants it until the last of them wants it no more", async () => {
  const rows = memoryRowStore();
  const fails = (owedBy: string[], at: string): LedgerEvent => ({
    kind: "quarantined",
    id: "m",
    folderId: "inbox",
    reason: "ErrorCorruptData",
    attempts: 1,
    at,
    owedBy,
  });
  const apply = async (...events: LedgerEvent[]) => {
    await applyToQuarantine(rows, recordOf(...events), await owedPlaces(rows, box));
    const owed: unknown[] = [];
    for await (const { owedBy } of owedMessages(rows, box)) owed.push(owedBy);
    return owed;
  };
  expect(await apply(fails([one, two], "2026-03-01T00:00:00Z"))).toEqual([[one, two]]);
  const unwanted: LedgerEvent = { kind: "skipped", id: "m", folderId: "inbox", cause: "IS_READ", profile: one };
  expect(await apply(unwanted), "a filter that skips it says nothing of what is owed").toEqual([[one, two]]);
  expect(await apply({ kind: "released", id: "m", profile: one })).toEqual([[two]]);
  expect(await apply({ kind: "released", id: "m", profile: one })).toEqual([[two]]);
  const late: LedgerEvent = { kind: "released", id: "m", profile: two, scope, dueAt: "2026-03-01T00:00:00Z" };
  expect(await apply(late), "the end of a wait is another matter").toEqual([[two]]);
  expect(await apply({ kind: "released", id: "m", profile: two }, fails([one], "2026-03-02T00:00:00Z"))).toEqual([
    [one],
  ]);
  expect(await apply({ kind: "gone", id: "m", folderId: "inbox" })).toEqual([]);
});
