// Kills the worker of a sweep at every call it makes, and goes on with another one: what is needed stays, what is not goes.
import { afterAll, beforeAll, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { sha256 } from "../../lib/core/digest.js";
import { day, minute } from "../../lib/core/time.js";
import { attachmentPath } from "../../lib/ledger/record.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { aDyingWorker, carryOn, workUntilDead } from "../build/a-death.js";
import { aWorld, testStart, type World } from "../build/a-world.js";
import { copyStores } from "../build/copy-stores.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

const clock = stoppedClock(testStart);
const content = (n: number) => Buffer.alloc(6_000, `attachment ${n} `);
const eml = (n: number) =>
  `Subject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content(n)
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")}\r\n`;

let tenant: Tenant;
let before: World;

beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0, now: clock.now });
  before = await aWorld({ shared: tenant, clock });
  const { id: box } = before.mailbox();
  for (const n of [1, 2]) tenant.mailboxes.deliver(box, "inbox", eml(n));
  await before.run(await before.profile());
  const plain = { contentType: "application/zip" };
  await before.edges.blobs.putIfAbsent(attachmentPath(sha256(content(3))), content(3), plain);
  await before.edges.blobs.putIfAbsent(`mailboxes/${box}/packs/00000009-0123456789abcdef.zip`, content(4), plain);
});
afterAll(async () => {
  await before[Symbol.asyncDispose]();
  await tenant.close();
});

const wish = { kind: "orphans", dryRun: true, graceDays: 7 } as const;

async function sweepDyingAt(failAt: number, when: "before" | "after") {
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using world = await aWorld({ shared: tenant, clock });
  await copyStores(before.edges, world.edges);
  clock.advance(8 * day);
  await using dying = await aDyingWorker(world, fault);
  const { id } = await world.app.housekeeping.request(wish);
  await workUntilDead(dying, fault);
  await carryOn(world, 30 * minute);
  const planned = await world.app.housekeeping.get(id);
  const applied = await world.app.housekeeping.request({ ...wish, dryRun: false, plan: id });
  await workUntilDead(dying, fault);
  await carryOn(world, 30 * minute);
  const { found, kept, status } = await world.app.housekeeping.get(applied.id);
  const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
  const left = world.edges.blobs.names().filter((name) => /^(attachments|mailboxes)/.test(name));
  return { calls: fault.calls, result: { planned: planned.status, found, kept, status, left, stored } };
}

it.each(["before", "after"] as const)(
  "killed %s any call, removes the same and nothing else",
  async (when) => {
    const calm = await sweepDyingAt(Number.POSITIVE_INFINITY, when);
    expect(calm.result).toMatchObject({ status: "succeeded", found: { count: 2 }, kept: {} });
    expect(calm.calls).toBeGreaterThan(30);
    for (let failAt = 1; failAt <= calm.calls; failAt++) {
      const killed = await sweepDyingAt(failAt, when);
      expect(killed.result, `killed ${when} call ${failAt}`).toEqual(calm.result);
    }
  },
  300_000,
);
