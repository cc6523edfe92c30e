// A directory that cannot be read keeps a run from beginning: the run says why and when it goes on, and gives up one day.
import { expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { hour, minute } from "../../lib/core/time.js";
import type { Fault } from "../../lib/local/tenant/faults.js";
import { aWorld, type World } from "../build/a-world.js";

const users = "GET /users";
const down: Fault = { kind: "unavailable", body: "json" };

/** A run asked for while the directory misbehaves, with the first item worked off. */
async function aLateRun(fault: Fault) {
  const world = await aWorld();
  world.tenant.faults.set({ rules: [{ route: users, do: fault }] });
  const { run } = await world.app.profiles.run(await world.profile());
  const id = RunId.parse(run.id);
  await step(world);
  return { world, id, show: () => world.app.runs.get(id), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function step(world: World): Promise<void> {
  const item = world.queue.receive();
  if (item !== undefined) await world.app.work(item);
}

const waits = (world: World) =>
  world.queue.items().map(({ visibleAt }) => visibleAt.getTime() - world.clock.now().getTime());

it("says what is in the way and when it goes on, and goes on then", async () => {
  await using late = await aLateRun(down);
  const { world, show } = late;
  const resumeAt = new Date(world.clock.now().getTime() + minute).toISOString();
  expect(await show()).toMatchObject({
    status: "pending",
    startedAt: null,
    resumeAt,
    problems: [{ code: "ServiceUnavailable", message: expect.stringContaining("will be tried again") }],
  });
  world.tenant.faults.clear();
  await world.settle();
  expect(await show()).toMatchObject({ status: "succeeded", resumeAt: null, problems: [] });
});

it("waits longer from try to try", async () => {
  await using late = await aLateRun(down);
  const { world } = late;
  const seen: number[] = [];
  for (let n = 0; n < 6; n++) {
    seen.push(...waits(world));
    world.clock.advance(seen.at(-1) ?? 0);
    await step(world);
  }
  expect(seen.map((ms) => ms / minute)).toEqual([1, 2, 4, 8, 15, 15]);
});

it("stays away as long as it is asked to", async () => {
  await using late = await aLateRun({ kind: "throttled", retryAfterSeconds: 3600 });
  expect(waits(late.world)).toEqual([hour]);
  expect(await late.show()).toMatchObject({ status: "throttled", problems: [{}] });
});

it("fails at once, with the reason, where the right is missing", async () => {
  await using late = await aLateRun({ kind: "status", status: 403, code: "Authorization_RequestDenied" });
  expect(await late.show()).toMatchObject({ status: "failed", problems: [{ code: "Authorization_RequestDenied" }] });
  expect(late.world.queue.items()).toEqual([]);
});

it("gives up after half a day, with the reason", async () => {
  await using late = await aLateRun(down);
  const begun = late.world.clock.now().getTime();
  await late.world.settle();
  expect(late.world.clock.now().getTime() - begun).toBeGreaterThanOrEqual(12 * hour);
  expect(await late.show()).toMatchObject({
    status: "failed",
    resumeAt: null,
    problems: [{ code: "ServiceUnavailable", message: expect.stringContaining("tried 5") }],
  });
});

it("asks for one next try, however many items there are for this one", async () => {
  await using late = await aLateRun(down);
  const { world, id } = late;
  await world.queue.send(JSON.stringify({ v: 1, kind: "start-run", run: id }));
  await step(world);
  expect(world.queue.items()).toHaveLength(1);
  // The timer leaves it alone until well after its time, and then makes up for an item that was lost.
  world.queue.receive();
  await world.app.tidy();
  expect(world.queue.items()).toHaveLength(1);
  world.clock.advance(minute);
  world.queue.receive();
  world.clock.advance(6 * minute);
  await world.app.tidy();
  world.tenant.faults.clear();
  await world.settle();
  expect((await late.show()).status).toBe("succeeded");
});

it("can be cancelled while it waits", async () => {
  await using late = await aLateRun(down);
  expect((await late.world.app.runs.cancel(late.id)).status).toBe("cancelled");
  await late.world.settle();
  expect((await late.show()).status).toBe("cancelled");
});
