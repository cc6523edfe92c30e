// Many instances, one chain; and a crash at any call leaves it whole.
import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { openAppender } from "../../../lib/audit/append.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { repeatableRandom } from "../../build/repeatable-random.js";
import { type Fault, faulty } from "../../fakes/faulty.js";
import { aLog, anEvent, start } from "./a-log.js";

it("makes one chain of what many instances write at once", async () => {
  const log = aLog();
  const instances = Array.from({ length: 6 }, (_, index) => log.instance(`instance ${index}`));
  const all = instances.flatMap((audit, index) =>
    Array.from({ length: 40 }, (_, number) => audit.record(anEvent(100 * index + number))),
  );
  await Promise.all(all);
  expect(log.seqs()).toEqual(Array.from({ length: 240 }, (_, index) => index + 1));
  expect(await log.audit.check({})).toMatchObject({ intact: true, entries: 240 });
  const requests = log.seqs().map((seq) => JSON.parse(log.textOf(seq)).request);
  expect(new Set(requests).size).toBe(240);
});

it("writes together what is asked for while a write is under way", async () => {
  const log = aLog();
  const fault: Fault = { calls: 0, failAt: Number.POSITIVE_INFINITY };
  const append = openAppender({ ...log, rows: faulty(log.rows, fault), random: repeatableRandom("one") });
  await Promise.all(Array.from({ length: 99 }, (_, number) => append(anEvent(number))));
  // To find the end once, then one entry and the ninety-eight that came meanwhile.
  expect(fault.calls).toBe(4);
  expect(await log.audit.check({})).toMatchObject({ intact: true, entries: 99 });
});

it.each(["before", "after"] as const)("is whole wherever a call fails (%s it was done)", async (when) => {
  for (let failAt = 1; failAt <= 8; failAt++) {
    const log = aLog();
    await log.fill(2);
    const fault: Fault = { calls: 0, failAt, when, error: () => new MailkeepError("unavailable", "storage is away") };
    const append = openAppender({ ...log, rows: faulty(log.rows, fault), random: repeatableRandom(`${failAt}`) });
    const written: string[] = [];
    for (let number = 10; number < 14; number++) {
      const refusal = await append(anEvent(number)).then(
        () => void written.push(`request-${number}`),
        (error: unknown) => error,
      );
      if (refusal !== undefined) expect(refusal).toMatchObject({ code: "unavailable", reason: "AUDIT_UNAVAILABLE" });
    }
    expect(written.length).toBeGreaterThanOrEqual(3);
    const kept = log.seqs().map((seq) => JSON.parse(log.textOf(seq)).request);
    expect(kept).toEqual(expect.arrayContaining(written));
    expect(await log.audit.check({}), `call ${failAt}`).toMatchObject({ intact: true });
  }
});

it("knows its own write again when the answer was lost and it was sent twice", async () => {
  const log = aLog();
  const rows: typeof log.rows = {
    ...log.rows,
    async batch(...args) {
      await log.rows.batch(...args);
      await log.rows.batch(...args);
    },
  };
  const append = openAppender({ ...log, rows, random: repeatableRandom("twice") });
  await append(anEvent(1));
  await append(anEvent(2));
  expect(log.seqs()).toEqual([1, 2]);
  expect(await log.audit.check({})).toMatchObject({ intact: true });
});

it("gives up where others are always first, and says that nothing may be given out", async () => {
  const rows = memoryRowStore();
  const taken = { ...rows, batch: () => Promise.reject(new MailkeepError("conflict", "taken")) };
  const append = openAppender({
    rows: taken,
    blobs: memoryBlobStore(),
    clock: stoppedClock(start),
    random: repeatableRandom("never"),
  });
  await expect(append(anEvent(1))).rejects.toMatchObject({ reason: "AUDIT_UNAVAILABLE" });
});
