// Closing runs, and reviving work that nobody does: what is at work is left alone, what is lost is found again.
import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryWorkQueue } from "../../../lib/adapters/memory/work-queue.js";
import type { RunId } from "../../../lib/core/ids.js";
import { day, minute } from "../../../lib/core/time.js";
import { silentLog } from "../../../lib/ports/log.js";
import { closeRun, tidyRuns } from "../../../lib/runs/close-run.js";
import { changePart, findPart, findRun, insertParts, insertRun } from "../../../lib/runs/repo.js";
import { openRunOf } from "../../../lib/runs/request-run.js";
import type { MailboxRun, Run } from "../../../lib/runs/run.js";
import { aPart, aRun, box, now, runId, stored } from "./a-run.js";

async function anOffice(start: { run?: Run; part?: MailboxRun } = {}) {
  const rows = await stored(start);
  const clock = stoppedClock(now);
  const queue = memoryWorkQueue(clock);
  let claimed = false;
  const deps = {
    rows,
    clock,
    queue,
    log: silentLog,
    isClaimed: async () => claimed,
    abandonedAfterMs: 2 * minute,
  };
  return {
    rows,
    clock,
    claim: (held: boolean) => {
      claimed = held;
    },
    tidy: () => tidyRuns(deps),
    close: () => closeRun(runId, deps),
    sent: () => queue.items().map(({ item }) => JSON.parse(item) as { kind: string; generation?: number }),
    run: async () => (await findRun(rows, runId))?.value,
    part: async () => (await findPart(rows, runId, box))?.value,
  };
}

describe("a mailbox without a sign of life", () => {
  const atWork = aPart({ status: "running", generation: 3 });

  it("is sent out again with a new generation, once", async () => {
    const office = await anOffice({ part: atWork });
    office.clock.advance(2 * minute);
    await office.tidy();
    await office.tidy();
    expect(office.sent()).toMatchObject([{ kind: "archive-mailbox", generation: 4 }]);
    expect((await office.part())?.generation).toBe(4);
  });

  it("is left alone while somebody holds it", async () => {
    const office = await anOffice({ part: atWork });
    office.clock.advance(10 * minute);
    office.claim(true);
    await office.tidy();
    expect(office.sent()).toEqual([]);
  });

  it("is left alone before its time", async () => {
    const office = await anOffice({ part: atWork });
    office.clock.advance(2 * minute - 1);
    await office.tidy();
    expect(office.sent()).toEqual([]);
  });

  it("is left alone while it waits for a moment it was told", async () => {
    const resumeAt = new Date(now.getTime() + 60 * minute).toISOString();
    const office = await anOffice({ part: { ...atWork, status: "throttled", resumeAt } });
    office.clock.advance(61 * minute);
    await office.tidy();
    expect(office.sent()).toEqual([]);
    office.clock.advance(minute);
    await office.tidy();
    expect(office.sent()).toHaveLength(1);
  });

  it("is revived weeks after its run began: a large tenant takes long", async () => {
    const office = await anOffice({ part: atWork });
    office.clock.advance(20 * day);
    await office.tidy();
    expect(office.sent()).toHaveLength(1);
  });
});

it("closes a run whose mailboxes have all ended, weeks after it began, with its sums", async () => {
  const office = await anOffice({ part: aPart({ status: "succeeded", bytes: 7 }) });
  office.clock.advance(20 * day);
  await office.tidy();
  expect(await office.run()).toMatchObject({ status: "succeeded", summary: { bytes: 7 } });
});

it("sends the start of a run again that was never begun", async () => {
  const { startedAt: _, ...waiting } = aRun({ status: "pending" });
  const office = await anOffice({ run: waiting });
  office.clock.advance(4 * minute);
  await office.tidy();
  expect(office.sent()).toEqual([]);
  office.clock.advance(minute);
  await office.tidy();
  expect(office.sent()).toMatchObject([{ kind: "start-run" }]);
});

it("says why a run without any mailbox failed", async () => {
  const office = await anOffice({ part: aPart({ status: "excluded", reason: "GUEST" }) });
  await office.close();
  expect(await office.run()).toMatchObject({ status: "failed", problems: [{ code: "NO_MAILBOX" }] });
});

it("leaves a run alone that has ended", async () => {
  const office = await anOffice({ run: aRun({ status: "cancelled", cancelRequested: true }) });
  await changePart(office.rows, runId, box, (part) => ({ ...part, status: "succeeded" }));
  await office.close();
  expect((await office.run())?.status).toBe("cancelled");
});

it("finds the open run of a profile behind the runs of many others", async () => {
  const { rows } = await anOffice();
  for (let n = 0; n < 300; n++)
    await insertRun(
      rows,
      aRun({
        id: `r_8227000000${String(n).padStart(3, "0")}_00000002` as never,
        profile: "p_0000000000000002" as never,
        status: "succeeded",
      }),
    );
  expect((await openRunOf({ id: aRun().profile }, rows, now))?.id).toBe(runId);
});

it("no longer counts a run as open that nobody has looked after for months", async () => {
  const { rows } = await anOffice();
  expect(await openRunOf({ id: aRun().profile }, rows, new Date(now.getTime() + 100 * day))).toBeUndefined();
});

it("looks after the other runs when one cannot be", async () => {
  const office = await anOffice({ part: aPart({ status: "succeeded" }) });
  const broken = "r_8227000000000_00000003" as RunId;
  await insertRun(office.rows, aRun({ id: broken }));
  await insertParts(office.rows, broken, [{ ...aPart({ status: "succeeded" }), run: broken }]);
  const { json: _, ...values } = (await office.rows.get("runs", { partition: broken, row: box }))?.values ?? {};
  await office.rows.upsert("runs", { partition: broken, row: box }, { ...values, json: "{" });
  await expect(office.tidy()).rejects.toThrow();
  expect((await office.run())?.status).toBe("succeeded");
});
