// Kills the worker at every call it makes while it deletes, before the call happens and after it happened, and goes on with
// another worker. Whatever the moment: nothing has left the mailbox that the archive cannot give back, every deletion has
// exactly one receipt, every intent one end, and nothing is deleted twice.
import { expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import { aDyingWorker, carryOn, workUntilDead } from "../build/a-death.js";
import { deliverOld, events, placeOf, switchedOn } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

type Action = "moveToDeletedItems" | "delete" | "permanentDelete";

const count = 3;

/** One run with a death at call `failAt`, carried on by healthy workers. */
async function killedRun(action: Action, failAt: number, when: "before" | "after") {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const ids = deliverOld(world, count);
  const { profile } = await switchedOn(world, { action });
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using dying = await aDyingWorker(world, fault);
  world.clock.advance(1_000);
  world.tenant.resetCounters();
  const { run } = await world.app.profiles.run(profile);
  await workUntilDead(dying, fault);
  const left = await audit(world, ids);
  await carryOn(world);
  const after = await audit(world, ids);
  const ended = await world.app.runs.get(RunId.parse(run.id));
  const next = await world.run(profile);
  return { calls: fault.calls, left, after, ended, next, end: await audit(world, ids) };
}

/** What an auditor sees, and what must hold at any moment, workers dead or alive. */
async function audit(world: World, ids: string[]) {
  const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
  const receipts = await events(world, "deleted");
  const intents = await events(world, "deleting");
  const kept = await events(world, "kept");
  const gone = ids.filter((id) => placeOf(world, id) !== "/Inbox");
  for (const id of gone) {
    expect(
      intents.some((intent) => intent.id === id),
      "nothing leaves without a committed intent",
    ).toBe(true);
    const sha256 = stored.find((message) => message.id === id)?.sha256;
    expect(intents.find((intent) => intent.id === id)?.sha256, "nothing leaves that cannot be read back").toBe(sha256);
  }
  expect(new Set(receipts.map(({ id }) => id)).size, "one receipt for each deletion").toBe(receipts.length);
  for (const receipt of receipts) expect(gone, "no receipt for what is still there").toContain(receipt.id);
  const done = world.tenant.requests.filter(
    ({ method, status }) => method !== "GET" && (status === 204 || status === 201),
  );
  expect(new Set(done.map(({ url }) => url)).size, "nothing is deleted twice").toBe(done.length);
  const open = intents.length - receipts.length - kept.length;
  return { gone: gone.length, receipts: receipts.length, open };
}

/** The actions differ in one call only: the others are killed at every third call, each at other ones. */
const sweeps = [
  { action: "delete", when: "before", first: 1, step: 1 },
  { action: "delete", when: "after", first: 1, step: 1 },
  { action: "moveToDeletedItems", when: "after", first: 1, step: 3 },
  { action: "permanentDelete", when: "after", first: 2, step: 3 },
] as const;

it.each(sweeps)(
  "$action: killed $when any call, deletes only what is proven, and accounts for all of it",
  async ({ action, when, first, step }) => {
    const calm = await killedRun(action, Number.POSITIVE_INFINITY, when);
    expect(calm.after).toEqual({ gone: count, receipts: count, open: 0 });
    expect(calm.ended).toMatchObject({ status: "succeeded", deletion: { deleted: count } });
    expect(calm.calls).toBeGreaterThan(40);
    for (let failAt: number = first; failAt <= calm.calls; failAt += step) {
      const killed = await killedRun(action, failAt, when);
      const moment = `killed ${when} call ${failAt}`;
      expect(killed.after, moment).toEqual(calm.after);
      expect(killed.end, moment).toEqual(calm.after);
      expect(killed.ended, moment).toMatchObject({ status: "succeeded", deletion: { deleted: count } });
      expect(killed.next, moment).toMatchObject({
        status: "noChanges",
        deletion: { deleted: 0 },
        removed: 0,
        moved: 0,
      });
    }
  },
  300_000,
);
