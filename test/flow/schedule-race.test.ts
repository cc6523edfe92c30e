// A schedule is removed while a profile comes to name it: whoever is first, no profile is left with times that are nowhere.
import { describe, expect, it, onTestFinished } from "vitest";
import type { ScheduleId } from "../../lib/core/ids.js";
import { minute } from "../../lib/core/time.js";
import { ProfileInput } from "../../lib/profiles/profile.js";
import { SharedScheduleInput } from "../../lib/profiles/schedule.js";
import { markLeaving } from "../../lib/profiles/shared-schedules.js";
import { aWorld } from "../build/a-world.js";
import { justBefore } from "../build/just-before.js";
import { anApi } from "../unit/http/an-api.js";

/** A world in which something may happen just before a row is written. */
async function aPlace() {
  const { just, watched } = justBefore();
  const world = await aWorld({ edges: (edges) => ({ ...edges, rows: watched(edges.rows) }) });
  onTestFinished(() => world[Symbol.asyncDispose]());
  const input = SharedScheduleInput.parse({ name: "Shared", cron: "0 0 1 * * *" });
  const { schedule, etag } = await world.app.schedules.create(input);
  const naming = (ref: ScheduleId = schedule.id) =>
    ProfileInput.parse({ name: "x", mailboxes: { mode: "all" }, schedule: { ref } });
  return {
    ...{ world, schedule, etag, naming, just },
    remove: () => world.app.schedules.remove(schedule.id, etag),
    async dangling() {
      const there = new Set((await world.app.schedules.list()).map(({ schedule: { id } }) => id));
      const all = await world.app.profiles.list();
      return all.filter(({ profile: { schedule } }) => schedule && "ref" in schedule && !there.has(schedule.ref));
    },
  };
}

describe("a schedule that is removed", () => {
  it("between a new profile's look and its write takes the profile back", async () => {
    const { world, just, remove, naming, dangling } = await aPlace();
    just("insert", "profiles", remove);
    await expect(world.app.profiles.create(naming())).rejects.toMatchObject({
      ...{ code: "invalid", reason: "SCHEDULE_NOT_FOUND", field: "schedule.ref" },
    });
    expect(await world.app.profiles.list()).toEqual([]);
    expect(await dangling()).toEqual([]);
  });

  it("between a changed profile's look and its write leaves the profile as it was", async () => {
    const { world, just, remove, naming, dangling } = await aPlace();
    const { profile, etag } = await world.app.profiles.create({ ...naming(), schedule: null });
    just("replace", "profiles", remove);
    await expect(world.app.profiles.replace(profile.id, naming(), etag)).rejects.toMatchObject({ code: "invalid" });
    expect((await world.app.profiles.get(profile.id)).profile).toEqual(profile);
    expect(await dangling()).toEqual([]);
  });

  it("is seen by a profile that is written between its last look and its end", async () => {
    const { world, just, remove, naming, dangling } = await aPlace();
    const late: unknown[] = [];
    just("delete", "schedules", () => world.app.profiles.create(naming()).catch((error: unknown) => late.push(error)));
    await remove();
    expect(late).toMatchObject([{ code: "conflict", reason: "SCHEDULE_LEAVING" }]);
    expect(await world.app.profiles.list()).toEqual([]);
    expect(await dangling()).toEqual([]);
  });

  it("stays when a profile that was written before its last look names it, and may then be named again", async () => {
    const { world, just, remove, naming, dangling } = await aPlace();
    just("replace", "schedules", () => world.app.profiles.create(naming()));
    await expect(remove()).rejects.toMatchObject({ code: "conflict", reason: "SCHEDULE_IN_USE" });
    expect(await world.app.profiles.list()).toHaveLength(1);
    await world.app.profiles.create(naming());
    expect(await dangling()).toEqual([]);
  });

  it("by somebody who broke off may be named after a minute, and not be removed by him any more", async () => {
    const { world, schedule, etag, naming } = await aPlace();
    const since = world.clock.now().toISOString();
    const mark = await markLeaving(world.edges.rows, schedule, { etag, since });
    await expect(world.app.profiles.create(naming())).rejects.toMatchObject({ reason: "SCHEDULE_LEAVING" });
    world.clock.advance(2 * minute);
    await world.app.profiles.create(naming());
    await expect(
      world.edges.rows.delete("profiles", { partition: "schedules", row: schedule.id }, mark),
    ).rejects.toMatchObject({
      code: "precondition-failed",
    });
  });

  it("at the same moment as a profile names it, over the API, leaves one of the two", async () => {
    const { world, schedule, etag, dangling } = await aPlace();
    const ask = anApi(world.app);
    const body = { name: "x", mailboxes: { mode: "all" }, schedule: { ref: schedule.id } };
    const [made, removed] = await Promise.all([
      ask("POST", "/profiles", { body }),
      ask("DELETE", `/schedules/${schedule.id}`, { headers: { "if-match": etag } }),
    ]);
    expect([made.status === 201, removed.status === 204].filter(Boolean).length).toBeLessThanOrEqual(1);
    expect(await dangling()).toEqual([]);
  });
});

it.each(["/profiles/preview", "/profiles/test"])("%s refuses a draft whose schedule there is not", async (path) => {
  const { world } = await aPlace();
  const ask = anApi(world.app);
  const body = { name: "x", mailboxes: { mode: "all" }, schedule: { ref: "s_0000000000000000" } };
  expect(await ask("POST", path, { body })).toMatchObject({
    ...{ status: 400, json: { code: "SCHEDULE_NOT_FOUND", field: "schedule.ref" } },
  });
});
