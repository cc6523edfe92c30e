// Blackout windows: what is due waits once, what runs pauses and goes on, and a person may do without them.
import { describe, expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { hour, minute } from "../../lib/core/time.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

/** The world begins at 08:00 UTC on a Sunday. */
const nightly = (cron: string, from: string, to: string) => ({
  schedule: { cron, timeZone: "Etc/UTC", blackouts: [{ from, to }] },
});
const runs = async (world: World) => (await world.app.runs.list({ limit: 100 })).value;
const tick = async (world: World, ms: number) => {
  world.clock.advance(ms);
  await world.app.schedule();
};

/** Ten seconds, in which the claim is renewed. */
async function pass(world: World | undefined): Promise<void> {
  world?.clock.advance(10_000);
  await world?.pulse();
}

/** Works off what is due now, without moving the clock to what waits. */
async function workNow(world: World): Promise<void> {
  for (let item = world.queue.receive(); item !== undefined; item = world.queue.receive()) await world.app.work(item);
}

describe("a run that is due in a window", () => {
  it("begins when the window ends, once, however often it was due", async () => {
    await using world = await aWorld();
    await world.profile(nightly("0 0 * * * *", "08:30", "12:00"));
    for (let n = 0; n < 3; n++) await tick(world, hour);
    expect(await runs(world)).toEqual([]);
    await tick(world, hour);
    await tick(world, minute);
    expect(await runs(world)).toMatchObject([{ trigger: "schedule", blackouts: "observed" }]);
    await world.settle();
    expect(await runs(world)).toMatchObject([{ status: "succeeded" }]);
  });
});

describe("a run that a window meets", () => {
  /** The window opens while the first messages are fetched. */
  async function met() {
    let world: World | undefined;
    let fetched = 0;
    const opened = await aWorld({
      tenant: { messagesPerMailbox: 40 },
      edges: (edges) => ({
        ...edges,
        mail: {
          open(mailbox, options) {
            const reader = edges.mail.open(mailbox, options);
            const mime = reader.mime.bind(reader);
            reader.mime = async (id) => {
              // Each takes half a minute.
              for (let n = 0; fetched < 20 && n < 3; n++) await pass(world);
              fetched++;
              return mime(id);
            };
            return reader;
          },
        },
      }),
    });
    world = opened;
    const profile = await opened.profile(nightly("0 1 8 * * *", "08:05", "10:00"));
    await tick(opened, minute);
    await workNow(opened);
    return { world: opened, profile, id: (await runs(opened))[0]?.id as string };
  }
  const waiting = (id: string, world: World) => world.app.runs.get(RunId.parse(id));

  it("commits what it has, waits, says for what and until when, and goes on where it was", async () => {
    const { world, id } = await met();
    const part = (await world.parts(id)).find(({ mailbox }) => mailbox === world.mailbox().id);
    expect(part).toMatchObject({ status: "pending", reason: "BLACKOUT", resumeAt: "2026-03-01T10:00:00.000Z" });
    expect(part?.messages).toBeGreaterThan(0);
    expect(part?.messages).toBeLessThan(world.wanted(world.mailbox().id).length);
    const run = await waiting(id, world);
    expect(run).toMatchObject({ waitsFor: "BLACKOUT", resumeAt: "2026-03-01T10:00:00.000Z", endedAt: null });
    // The timer leaves it alone, and starts no second one.
    for (let n = 0; n < 20; n++) {
      await tick(world, minute);
      await world.app.tidy();
    }
    await workNow(world);
    expect(await runs(world)).toHaveLength(1);
    await world.settle();
    expect(await waiting(id, world)).toMatchObject({ status: "succeeded", waitsFor: null, resumeAt: null });
    const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
    expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      world.wanted(world.mailbox().id),
    );
    expect(world.clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse("2026-03-01T10:00:00Z"));
    const ended = (await world.parts(id)).find(({ mailbox }) => mailbox === world.mailbox().id);
    expect(ended).toMatchObject({ status: "succeeded", reason: null, resumeAt: null });
    await world[Symbol.asyncDispose]();
  });

  it("is cancelled at once", async () => {
    const { world, id } = await met();
    await world.app.runs.cancel(RunId.parse(id));
    expect(await waiting(id, world)).toMatchObject({ status: "cancelled", waitsFor: null });
    await world[Symbol.asyncDispose]();
  });

  it("goes on at once when a person wants it now", async () => {
    const { world, profile, id } = await met();
    const wished = await world.app.profiles.run(profile);
    expect(wished).toMatchObject({ isNew: false, run: { id, blackouts: "ignored", waitsFor: null } });
    await workNow(world);
    expect(await waiting(id, world)).toMatchObject({ status: "succeeded" });
    expect(world.clock.now().getTime()).toBeLessThan(Date.parse("2026-03-01T10:00:00Z"));
    await world[Symbol.asyncDispose]();
  });
});

it("does not hold a run that a person wishes for, and says so", async () => {
  await using world = await aWorld();
  const profile = await world.profile(nightly("0 0 1 * * *", "08:00", "20:00"));
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeeded", trigger: "manual", blackouts: "ignored" });
  expect(world.clock.now().getTime()).toBeLessThan(Date.parse("2026-03-01T20:00:00Z"));
});
