// Kills the worker at every third call while it archives a changed message anew for a deletion rule, and goes on with another
// worker: the archive stays whole, and what leaves the mailbox is what it holds under the same version key.
import { expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { aDyingWorker, carryOn, workUntilDead } from "../build/a-death.js";
import { deliverOld, events, placeOf, switchedOn } from "../build/a-deletion.js";
import { aWorld } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

async function killedRun(failAt: number, when: "before" | "after") {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const [first, changed] = deliverOld(world, 2) as [string, string];
  const { profile } = await switchedOn(world);
  world.tenant.mailboxes.flag(world.mailbox().id, changed);
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using dying = await aDyingWorker(world, fault);
  world.clock.advance(1_000);
  await world.app.profiles.run(profile);
  await workUntilDead(dying, fault);
  await carryOn(world);
  const placed = [first, changed].map((id) => placeOf(world, id));
  world.clock.advance(8 * day);
  await world.run(profile);
  const last = await world.run(profile);
  const { records } = await readBack(world.edges.blobs, world.mailbox().id);
  const stored = records.flatMap((record) => record.stored).filter(({ id }) => id === changed);
  const receipt = (await events(world, "deleted")).find(({ id }) => id === changed);
  const { id: check } = await world.app.verify.request({ depth: "full" });
  await world.settle();
  const findings = (await world.app.verify.get(check as never)).findings.count;
  return { calls: fault.calls, placed, left: placeOf(world, changed), stored, receipt, last, findings };
}

it.each([
  { when: "before", first: 2 },
  { when: "after", first: 1 },
] as const)(
  "killed $when a call, archives it once more and deletes that",
  async ({ when, first }) => {
    const calm = await killedRun(Number.POSITIVE_INFINITY, when);
    expect(calm.calls).toBeGreaterThan(40);
    for (let failAt: number = first; failAt <= calm.calls; failAt += 3) {
      const { placed, left, stored, receipt, last, findings } = await killedRun(failAt, when);
      const moment = `killed ${when} call ${failAt}`;
      expect({ placed, left }, moment).toEqual({ placed: ["/Deletions", "/Inbox"], left: "/Deletions" });
      expect(
        stored.map(({ version, flag }) => [version, flag]),
        moment,
      ).toEqual([
        [1, "notFlagged"],
        [2, "flagged"],
      ]);
      expect(receipt, moment).toMatchObject({ sha256: stored[1]?.sha256, changeKey: stored[1]?.changeKey });
      expect(findings, moment).toBe(0);
      expect(last, moment).toMatchObject({ status: "noChanges", problems: [] });
    }
  },
  600_000,
);
