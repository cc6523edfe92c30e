// The start of a run: what was begun is not undone.
import { expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryWorkQueue } from "../../../lib/adapters/memory/work-queue.js";
import { silentLog } from "../../../lib/ports/log.js";
import { changePart, findPart, findRun } from "../../../lib/runs/repo.js";
import { failMailbox, failRun, startRun } from "../../../lib/runs/start-run.js";
import { noTenants } from "../../build/no-tenants.js";
import { aPart, aRun, box, now, runId, stored } from "./a-run.js";

const problem = { code: "WORK_ITEM_POISONED", message: "again and again" };
const { startedAt: _, ...waiting } = aRun({ status: "pending" });

async function aDesk(start: Parameters<typeof stored>[0]) {
  const rows = await stored(start);
  const clock = stoppedClock(now);
  const queue = memoryWorkQueue(clock);
  const deps = {
    rows,
    clock,
    queue,
    log: silentLog,
    tenants: noTenants,
    assertWorking: async () => {},
    syncDirectory: async () => {},
    enterUsers: async () => [],
  };
  return { rows, deps, queue };
}

it("fails a run that could not begin", async () => {
  const { rows, deps } = await aDesk({ run: waiting });
  await failRun(runId, problem, deps);
  expect((await findRun(rows, runId))?.value).toMatchObject({ status: "failed", problems: [problem] });
});

it("does not fail a run whose mailboxes are at work because its start was given up", async () => {
  const { rows, deps } = await aDesk({ run: aRun() });
  await failRun(runId, problem, deps);
  expect((await findRun(rows, runId))?.value).toMatchObject({ status: "running", problems: [] });
});

it("sends the mailboxes of a begun run again that nobody has taken", async () => {
  const { deps, queue } = await aDesk({ run: aRun() });
  await startRun(runId, deps);
  expect(queue.items()).toHaveLength(1);
});

it("sends nothing for a run that failed to begin, nor for one that has ended", async () => {
  const failing = await aDesk({ run: waiting });
  await startRun(runId, failing.deps);
  expect((await findRun(failing.rows, runId))?.value).toMatchObject({
    status: "failed",
    problems: [{ code: "PROFILE_NOT_FOUND" }],
  });
  expect(failing.queue.items()).toEqual([]);
  const ended = await aDesk({ run: aRun({ status: "cancelled" }) });
  await startRun(runId, ended.deps);
  expect(ended.queue.items()).toEqual([]);
});

it("fails a mailbox that is open, and leaves one alone that has ended", async () => {
  const { rows, deps } = await aDesk({ run: aRun(), part: aPart({ status: "running" }) });
  await failMailbox(runId, box, problem, deps);
  expect((await findPart(rows, runId, box))?.value).toMatchObject({ status: "failed", problems: [problem] });
  await changePart(rows, runId, box, (part) => ({ ...part, status: "succeeded", problems: [] }));
  await failMailbox(runId, box, problem, deps);
  expect((await findPart(rows, runId, box))?.value).toMatchObject({ status: "succeeded", problems: [] });
});
