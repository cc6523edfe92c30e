import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { openCounts } from "../../../lib/archive/counts.js";
import { nothingApplied } from "../../../lib/catalog/messages.js";
import type { MailboxId, RunId } from "../../../lib/core/ids.js";
import { appendRecord } from "../../../lib/ledger/journal.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { changePart, findPart, insertParts, type KeptPart, keepPart } from "../../../lib/runs/repo.js";
import { type MailboxRun, newMailboxRun } from "../../../lib/runs/run.js";
import { aRecord } from "../ledger/a-record.js";

const run = "r_0000000000001_00000000" as RunId;
const mailbox = "anna" as MailboxId;

async function keptPart(rows: RowStore): Promise<KeptPart> {
  const found = await findPart(rows, run, mailbox);
  if (found === undefined) throw new Error("the part was not inserted");
  return keepPart(rows, found);
}

async function partAtWork() {
  const rows = memoryRowStore();
  const clock = stoppedClock(new Date("2026-03-01T08:00:00Z"));
  const who = { mailbox, address: "anna@contoso.example", displayName: "Anna", named: true };
  const part = { ...newMailboxRun(run, who, clock.now()), status: "running" as const };
  await insertParts(rows, run, [part]);
  const kept = await keptPart(rows);
  const counts = await openCounts(part, nothingApplied, new Map(), { kept, blobs: memoryBlobStore(), clock });
  const status = async () => (await findPart(rows, run, mailbox))?.value.status;
  return { rows, counts, status };
}

it("saves progress while the mailbox is at work", async () => {
  const { rows, counts } = await partAtWork();
  counts.problem({ code: "ODD", message: "something odd" });
  await counts.save();
  expect((await findPart(rows, run, mailbox))?.value.problems).toHaveLength(1);
});

it("leaves the ending of a mailbox as it is when a save comes late", async () => {
  const { rows, counts, status } = await partAtWork();
  await changePart(rows, run, mailbox, (part) => ({ ...part, status: "succeeded" }));
  await counts.save();
  expect(await status()).toBe("succeeded");
});

it("leaves a mailbox alone that a newer generation works on", async () => {
  const { rows, counts } = await partAtWork();
  await changePart(rows, run, mailbox, (part) => ({ ...part, generation: 1 }));
  counts.problem({ code: "ODD", message: "something odd" });
  await counts.save();
  expect((await findPart(rows, run, mailbox))?.value.problems).toEqual([]);
});

async function withRecords() {
  const rows = memoryRowStore();
  const blobs = memoryBlobStore();
  const clock = stoppedClock(new Date("2026-03-01T08:00:00Z"));
  const who = { mailbox, address: "anna@contoso.example", displayName: "Anna", named: true };
  const part = newMailboxRun(run, who, clock.now());
  await insertParts(rows, run, [part]);
  const first = await appendRecord(blobs, aRecord(1, null, { mailbox, run: "r_another" }));
  const second = await appendRecord(blobs, aRecord(2, first.sha256, { mailbox, run }));
  const applied = { ...nothingApplied, head: second };
  const kept = await keptPart(rows);
  return { part, applied, open: (from: MailboxRun) => openCounts(from, applied, new Map(), { kept, blobs, clock }) };
}

it("begins to count with what is committed after the start", async () => {
  const { part, open } = await withRecords();
  expect((await open(part)).current()).toMatchObject({ tally: { stored: 0 }, countedSeq: 2 });
});

it("makes up for commits of this run that nobody lived to count, and for no other run's", async () => {
  const { part, open } = await withRecords();
  const begun = { ...part, startedAt: "2026-03-01T08:00:00.000Z" };
  expect((await open(begun)).current()).toMatchObject({ tally: { stored: 2, gone: 1, seen: 3 }, countedSeq: 2 });
  expect((await open({ ...begun, countedSeq: 2 })).current()).toMatchObject({ tally: { stored: 0 }, countedSeq: 2 });
});

it("forgets earlier faults with each commit: only faults in a row end a mailbox", async () => {
  const { part, applied, open } = await withRecords();
  const counts = await open({ ...part, faults: 3, startedAt: "2026-03-01T08:00:00.000Z", countedSeq: 2 });
  counts.committed(undefined, 1, applied);
  expect(counts.current().faults).toBe(3);
  counts.committed(aRecord(3, null, { mailbox, run }), 0, applied);
  expect(counts.current()).toMatchObject({ faults: 0, countedSeq: 3, tally: { stored: 2, known: 1 } });
});

it("counts messages on the way that no folder told of: there are at least as many as were fetched", async () => {
  const { counts } = await partAtWork();
  expect(counts.current()).toMatchObject({ done: 0, total: 0 });
  counts.watch(() => 7);
  expect(counts.current()).toMatchObject({ done: 7, total: 7 });
  counts.committed(aRecord(1, null, { mailbox, run }), 0, { ...nothingApplied, messages: 2 });
  expect(counts.current()).toMatchObject({ done: 9, total: 9 });
});

it("does not count the time of what a dead worker fetched in vain", async () => {
  const { part, open } = await withRecords();
  const begun = { ...part, startedAt: "2026-03-01T07:59:00Z", countedSeq: 2, busyMs: 40_000 };
  const busyMs = async (fetched: number, stored: number) =>
    (await open({ ...begun, fetched, tally: { ...part.tally, stored } })).current().busyMs;
  expect(await busyMs(800, 200)).toBe(10_000);
  expect(await busyMs(800, 0)).toBe(0);
  expect(await busyMs(800, 800)).toBe(40_000);
});
