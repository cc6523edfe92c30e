// Kills the worker at every call it makes while packs are joined and swept, and goes on with another one: at every moment each
// message can be read, by the ledger and through the door, and in the end everything is as if nothing had happened.
import { afterAll, beforeAll, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { day, minute } from "../../lib/core/time.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { aDyingWorker, carryOn, workUntilDead } from "../build/a-death.js";
import { deliverPacks, expectWhole, packsOf } from "../build/a-packed-mailbox.js";
import { aWorld, testStart, type World } from "../build/a-world.js";
import { copyStores } from "../build/copy-stores.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

const clock = stoppedClock(testStart);
const packs = 8;
let tenant: Tenant;
let before: World;

beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0, now: clock.now });
  before = await aWorld({ shared: tenant, clock });
  await deliverPacks(before, packs);
}, 60_000);
afterAll(async () => {
  await before[Symbol.asyncDispose]();
  await tenant.close();
});

const wish = { dryRun: true, graceDays: 7 } as const;

async function repackDyingAt(failAt: number, when: "before" | "after") {
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using world = await aWorld({ shared: tenant, clock });
  await copyStores(before.edges, world.edges);
  await using dying = await aDyingWorker(world, fault);
  const results: unknown[] = [];
  for (const kind of ["repack", "orphans"] as const) {
    const { id } = await world.app.housekeeping.request({ ...wish, kind });
    await workUntilDead(dying, fault);
    await carryOn(world, 30 * minute);
    const applied = await world.app.housekeeping.request({ ...wish, kind, dryRun: false, plan: id });
    await workUntilDead(dying, fault);
    await allReadable(world);
    await carryOn(world, 30 * minute);
    const { found, made, kept, status } = await world.app.housekeeping.get(applied.id);
    results.push({ found, made, kept, status });
    clock.advance(8 * day);
  }
  await expectWhole(world);
  const { records } = await readBack(world.edges.blobs, world.mailbox().id);
  const left = packsOf(world).length;
  const tables = () => Object.entries(world.edges.rows.dump()).filter(([name]) => name.startsWith("messages/"));
  const grown = tables();
  world.edges.rows.lose("messages");
  await world.app.mailboxes.regrow(world.mailbox().id);
  expect(tables()).toEqual(grown);
  return { calls: fault.calls, result: { results, left, records: records.length } };
}

/** The moment after the death, before anybody goes on. */
async function allReadable(world: World): Promise<void> {
  const box = world.mailbox().id;
  await readBack(world.edges.blobs, box);
  const { value } = await world.app.messages.list(box, { limit: "200" } as never);
  expect(value).toHaveLength(2 * packs);
  for (const { key } of value) for await (const _ of await (await world.app.messages.eml(box, key)).open());
}

it.each(["before", "after"] as const)(
  "killed %s any call, every message stays readable and the same packs are joined and removed",
  async (when) => {
    const calm = await repackDyingAt(Number.POSITIVE_INFINITY, when);
    expect(calm.result).toMatchObject({
      results: [
        { status: "succeeded", found: { count: packs }, made: { count: 1 }, kept: {} },
        { status: "succeeded", found: { count: packs }, kept: {} },
      ],
      left: 1,
    });
    expect(calm.calls).toBeGreaterThan(100);
    for (let failAt = 1; failAt <= calm.calls; failAt++) {
      const killed = await repackDyingAt(failAt, when);
      expect(killed.result, `killed ${when} call ${failAt}`).toEqual(calm.result);
    }
  },
  600_000,
);

it("with two workers at the same piece, joins once", async () => {
  await using world = await aWorld({ shared: tenant, clock });
  await copyStores(before.edges, world.edges);
  await using other = await aWorld({ shared: tenant, clock, stores: world });
  const { id } = await world.app.housekeeping.request({ ...wish, kind: "repack" });
  await world.settle();
  const applied = await world.app.housekeeping.request({ ...wish, kind: "repack", dryRun: false, plan: id });
  const item = world.queue.receive() as string;
  await Promise.all([world.app.work(item), other.app.work(item)]);
  await carryOn(world, 30 * minute);
  expect(await world.app.housekeeping.get(applied.id)).toMatchObject({ status: "succeeded", found: { count: packs } });
  await expectWhole(world);
});
