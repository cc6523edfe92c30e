// The timer's round: what is due is started once, also when things fail between.
import { expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { memoryWorkQueue } from "../../../lib/adapters/memory/work-queue.js";
import { defaultConnection } from "../../../lib/core/ids.js";
import { hour, minute } from "../../../lib/core/time.js";
import { silentLog } from "../../../lib/ports/log.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { changeProfile, createProfile } from "../../../lib/profiles/edit.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import { changeRun, listRuns } from "../../../lib/runs/repo.js";
import { startDueRuns } from "../../../lib/schedule/start-due-runs.js";
import { repeatableRandom } from "../../build/repeatable-random.js";

const input = (name: string, cron = "0 0 1 * * *") =>
  ProfileInput.parse({ name, mailboxes: { mode: "all" }, schedule: { cron, timeZone: "Etc/UTC" } });

async function aTimer(rowsOf: (rows: RowStore) => RowStore = (rows) => rows) {
  const rows = memoryRowStore();
  const clock = stoppedClock(new Date("2026-03-01T00:30:00Z"));
  const deps = {
    rows: rowsOf(rows),
    queue: memoryWorkQueue(clock),
    clock,
    random: repeatableRandom("timer"),
    log: silentLog,
    isBound: async () => true,
  };
  const editing = {
    ...deps,
    rows,
    assertSchedule: async () => {},
    assertMayDelete: async () => {},
    assertOverrides: async () => {},
    connectionNamed: async () => defaultConnection,
  };
  const runs = async () => {
    const found = [];
    for await (const run of listRuns(rows)) found.push(run);
    return found;
  };
  const closeAll = async () => {
    for (const { id } of await runs()) await changeRun(rows, id, (run) => ({ ...run, status: "noChanges" }));
  };
  return { rows, clock, editing, runs, closeAll, round: () => startDueRuns(deps) };
}

it("starts a run when the moment has come, and once only", async () => {
  const timer = await aTimer();
  await createProfile(input("Nightly"), timer.editing);
  expect(await timer.round()).toBe(0);
  timer.clock.advance(31 * minute);
  expect(await timer.round()).toBe(1);
  await timer.closeAll();
  timer.clock.advance(minute);
  expect(await timer.round()).toBe(0);
  expect(await timer.runs()).toHaveLength(1);
});

it("makes up for many missed moments with one run", async () => {
  const timer = await aTimer();
  await createProfile(input("Nightly"), timer.editing);
  timer.clock.advance(10 * 24 * hour);
  expect(await timer.round()).toBe(1);
  await timer.closeAll();
  expect(await timer.round()).toBe(0);
});

it("starts no second run while one is open", async () => {
  const timer = await aTimer();
  await createProfile(input("Hourly", "0 0 * * * *"), timer.editing);
  timer.clock.advance(hour);
  await timer.round();
  timer.clock.advance(hour);
  expect(await timer.round()).toBe(0);
  expect(await timer.runs()).toHaveLength(1);
});

it("does not lose a moment when the run cannot be written, nor the other profiles", async () => {
  let failures = 0;
  const timer = await aTimer((rows) => ({
    ...rows,
    async insert(table, key, values) {
      if (table === "runs" && failures-- > 0) throw new Error("storage is away");
      return rows.insert(table, key, values);
    },
  }));
  await createProfile(input("One"), timer.editing);
  await createProfile(input("Two"), timer.editing);
  timer.clock.advance(31 * minute);
  failures = 1;
  await expect(timer.round()).rejects.toThrow("storage is away");
  expect(await timer.runs()).toHaveLength(1);
  timer.clock.advance(minute);
  expect(await timer.round()).toBe(1);
  expect(new Set((await timer.runs()).map(({ profileName }) => profileName))).toEqual(new Set(["One", "Two"]));
});

it("does not start at once because a schedule was changed", async () => {
  const timer = await aTimer();
  const { profile, etag } = await createProfile(input("Nightly"), timer.editing);
  timer.clock.advance(31 * minute);
  await timer.round();
  await timer.closeAll();
  timer.clock.advance(12 * hour);
  await changeProfile(profile.id, input("Nightly", "0 0 3 * * *"), etag, timer.editing);
  timer.clock.advance(minute);
  expect(await timer.round()).toBe(0);
  timer.clock.advance(14 * hour);
  expect(await timer.round()).toBe(1);
});
