// One schedule, several profiles: what is changed on it holds for all of them, from the next minute on, and once.
import { describe, expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { hour, minute } from "../../lib/core/time.js";
import { SharedScheduleInput } from "../../lib/profiles/schedule.js";
import { aWorld, type World } from "../build/a-world.js";

/** The world begins at 08:00 UTC on a Sunday. */
const times = (cron: string, more: object = {}) => SharedScheduleInput.parse({ name: "Shared", cron, ...more });

async function shared(cron: string, more: object = {}) {
  const world = await aWorld();
  const { schedule, etag } = await world.app.schedules.create(times(cron, more));
  const ids = [];
  for (const name of ["One", "Two"]) ids.push(await world.profile({ name, schedule: { ref: schedule.id } }));
  let current = etag;
  return {
    world,
    ids,
    schedule: schedule.id,
    async change(next: SharedScheduleInput) {
      current = (await world.app.schedules.replace(schedule.id, next, current)).etag;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

async function tick(world: World, ms: number): Promise<string[]> {
  world.clock.advance(ms);
  const before = new Set((await runs(world)).map(({ id }) => id));
  await world.app.schedule();
  return (await runs(world))
    .filter(({ id }) => !before.has(id))
    .map(({ profileName }) => profileName)
    .sort();
}
const runs = async (world: World) => (await world.app.runs.list({ limit: 100 })).value;

it("starts each profile that names it, once", async () => {
  await using it = await shared("0 0 9 * * *");
  expect(await tick(it.world, 59 * minute)).toEqual([]);
  expect(await tick(it.world, minute)).toEqual(["One", "Two"]);
  await it.world.settle();
  expect(await tick(it.world, minute)).toEqual([]);
  expect(await runs(it.world)).toMatchObject([
    { status: "succeeded" },
    { status: expect.stringMatching(/^(succ|noC)/) },
  ]);
});

describe("new times", () => {
  it("hold for all profiles, and make up for nothing that lies before them", async () => {
    await using it = await shared("0 0 20 * * *");
    // Six times of the new schedule lie between the making of the profiles and now.
    it.world.clock.advance(6 * hour + 30 * minute);
    await it.change(times("0 0 * * * *"));
    expect(await tick(it.world, minute)).toEqual([]);
    expect(await tick(it.world, 29 * minute)).toEqual(["One", "Two"]);
    await it.world.settle();
    expect(await tick(it.world, minute)).toEqual([]);
  });

  it("start no second run of a profile, however often they are changed", async () => {
    await using it = await shared("0 0 9 * * *");
    expect(await tick(it.world, hour)).toEqual(["One", "Two"]);
    for (const cron of ["0 * * * * *", "0 */2 * * * *", "0 * * * * *"]) {
      await it.change(times(cron));
      expect(await tick(it.world, 10 * minute)).toEqual([]);
    }
    await it.world.settle();
    expect(await tick(it.world, hour)).toEqual(["One", "Two"]);
  });

  it("are those of another zone", async () => {
    await using it = await shared("0 0 20 * * *");
    await it.change(times("0 0 20 * * *", { timeZone: "Asia/Tokyo" }));
    expect(await tick(it.world, 2 * hour + 59 * minute)).toEqual([]);
    expect(await tick(it.world, minute)).toEqual(["One", "Two"]);
  });
});

it("still owes a run that was due when only its name was changed", async () => {
  await using it = await shared("0 0 9 * * *");
  it.world.clock.advance(hour + 10_000);
  await it.change(times("0 0 9 * * *", { name: "Mornings" }));
  expect(await tick(it.world, minute)).toEqual(["One", "Two"]);
});

it("holds back and lets go by its windows, which a run keeps as they were when it was wished for", async () => {
  await using it = await shared("0 0 9 * * *", { blackouts: [{ from: "08:30", to: "20:00" }] });
  expect(await tick(it.world, hour)).toEqual([]);
  await it.change(times("0 0 9 * * *", { blackouts: [{ from: "12:00", to: "13:00" }] }));
  // What fell into the window is owed, and the window is gone.
  expect(await tick(it.world, minute)).toEqual(["One", "Two"]);
  expect(await runs(it.world)).toMatchObject([{ blackouts: "observed" }, { blackouts: "observed" }]);
  await it.world.settle();
  const [one] = it.ids;
  const wished = await it.world.run(one as (typeof it.ids)[number]);
  expect(wished).toMatchObject({ trigger: "manual", blackouts: "ignored" });
});

it("starts a profile that left it by its own times only, and none that is switched off", async () => {
  await using it = await shared("0 0 9 * * *");
  const [one, two] = it.ids as [(typeof it.ids)[number], (typeof it.ids)[number]];
  for (const [id, change] of [
    [one, { schedule: { cron: "0 0 10 * * *", timeZone: "Etc/UTC", blackouts: [] } }],
    [two, { enabled: false }],
  ] as [typeof one, object][]) {
    const { profile, etag } = await it.world.app.profiles.get(id);
    const { id: _, createdAt: _1, updatedAt: _2, ...input } = profile;
    await it.world.app.profiles.replace(id, { ...input, ...change }, etag);
  }
  expect(await tick(it.world, hour)).toEqual([]);
  expect(await tick(it.world, hour)).toEqual(["One"]);
});

it("that cannot be read is no absence: its profiles wait, the others have their turn", async () => {
  let away = false;
  await using world = await aWorld({
    edges: (edges) => ({
      ...edges,
      rows: {
        ...edges.rows,
        get: (table, key) =>
          away && key.partition === "schedules"
            ? Promise.reject(new MailkeepError("unavailable", "tables are away"))
            : edges.rows.get(table, key),
      },
    }),
  });
  const { schedule } = await world.app.schedules.create(times("0 0 9 * * *"));
  await world.profile({ name: "Shared", schedule: { ref: schedule.id } });
  await world.profile({ name: "Own", schedule: { cron: "0 0 9 * * *", timeZone: "Etc/UTC" } });
  world.clock.advance(hour);
  away = true;
  await expect(world.app.schedule()).rejects.toThrow("tables are away");
  expect(await runs(world)).toMatchObject([{ profileName: "Own" }]);
  away = false;
  expect(await tick(world, minute)).toEqual(["Shared"]);
});

it("that is gone says so, to the timer and to a person", async () => {
  await using it = await shared("0 0 9 * * *");
  await it.world.edges.rows.delete("profiles", { partition: "schedules", row: it.schedule });
  it.world.clock.advance(hour);
  const gone = expect.objectContaining({ code: "not-found", reason: "SCHEDULE_NOT_FOUND" });
  await expect(it.world.app.schedule()).rejects.toEqual(gone);
  await it.world.app.mailboxes.sync();
  await expect(it.world.app.profiles.run(it.ids[0] as (typeof it.ids)[number])).rejects.toEqual(gone);
  expect(await runs(it.world)).toEqual([]);
});
