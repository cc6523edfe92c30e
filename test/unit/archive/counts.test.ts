import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { openCounts } from "../../../lib/archive/counts.js";
import { nothingApplied } from "../../../lib/catalog/messages.js";
import type { MailboxId, RunId } from "../../../lib/core/ids.js";
import { changePart, findPart, insertParts } from "../../../lib/runs/repo.js";
import { newMailboxRun } from "../../../lib/runs/run.js";

const run = "r_0000000000001_00000000" as RunId;
const mailbox = "anna" as MailboxId;

async function partAtWork() {
  const rows = memoryRowStore();
  const clock = stoppedClock(new Date("2026-03-01T08:00:00Z"));
  const who = { mailbox, address: "anna@contoso.example", displayName: "Anna", named: true };
  const part = { ...newMailboxRun(run, who, clock.now()), status: "running" as const };
  await insertParts(rows, run, [part]);
  const counts = await openCounts(part, nothingApplied, new Map(), { rows, blobs: memoryBlobStore(), clock });
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
