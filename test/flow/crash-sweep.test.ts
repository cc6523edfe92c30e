// Kills the worker at every call it makes to the outside, before the call happens and after it happened, and goes on with
// another worker. Whatever the moment, what an auditor can read back afterwards equals the calm run, bytes included.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import type { Edges } from "../../lib/app.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { aWorld, byId, testStart, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import { type Fault, faulty } from "../fakes/faulty.js";

const clock = stoppedClock(testStart);
let tenant: Tenant;

beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0, now: clock.now });
  const box = tenant.mailboxes.list()[0]?.id ?? "";
  for (const n of [1, 2, 3]) tenant.mailboxes.deliver(box, "inbox", withAttachment(n));
  tenant.mailboxes.deliver(box, "sentitems", withAttachment(1));
  poison = tenant.mailboxes.deliver(box, "inbox", withAttachment(9));
  tenant.faults.set({ rules: [{ message: poison, route: valueRoute, do: { kind: "corrupt" } }] });
});
afterAll(() => tenant.close());
let poison = "";
const valueRoute = "GET /users/{user}/messages/{message}/$value";

function withAttachment(n: number): string {
  const content = Buffer.alloc(6_000, `attachment ${n} `).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `From: a@contoso.example\r\nSubject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}\r\n`;
}

/** Every edge that can fail, with one fault shared by all. */
function fragile(edges: Edges, fault: Fault): Edges {
  const mail: Edges["mail"] = {
    open: (mailbox, options) => faulty(edges.mail.open(mailbox, options), fault, { safe: ["history"] }),
  };
  const { blobs, rows, queue, directory } = edges;
  return {
    ...edges,
    mail,
    blobs: faulty(blobs, fault),
    rows: faulty(rows, fault),
    queue: faulty(queue, fault),
    directory: faulty(directory, fault),
  };
}

interface Reading {
  calls: number;
  archive: unknown;
}

/** One run with a death at call `failAt`, carried on by healthy workers; then what can be read back. */
async function reading(failAt: number, when: "before" | "after"): Promise<Reading> {
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using world = await aWorld({ shared: tenant, clock });
  const dying = await aWorld({ shared: tenant, clock, stores: world, edges: (edges) => fragile(edges, fault) });
  const profile = await world.profile();
  const { run } = await world.app.profiles.run(profile);
  await workUntilDead(dying, fault);
  await dying[Symbol.asyncDispose]();
  await carryOn(world);
  return { calls: fault.calls, archive: await audit(world, run.id) };
}

async function workUntilDead(dying: World, fault: Fault): Promise<void> {
  for (let item = dying.queue.receive(); item !== undefined; item = dying.queue.receive()) {
    await dying.app.work(item).catch(() => {});
    if (fault.calls >= fault.failAt) {
      // The host gives an item whose worker died to the next one, once its invisibility has run out.
      await dying.queue.send(item, { delayMs: 60_000 });
      return;
    }
  }
}

async function carryOn(world: World): Promise<void> {
  await world.settle();
  clock.advance(5 * 60_000);
  await world.app.tidy();
  await world.settle();
  await world.app.tidy();
}

async function audit(world: World, runId: string) {
  const { id } = world.mailbox();
  const { stored, records } = await readBack(world.edges.blobs, id);
  const run = await world.app.runs.get(runId as never);
  const quarantine = await world.app.mailboxes.quarantine(id);
  const second = await world.run(run.profile as never);
  return {
    stored: stored.sort(byId),
    chained: records.every((record, i) => record.seq === i + 1),
    status: run.status,
    tally: run.tally,
    quarantine: quarantine.map(({ id, reason }) => ({ id, reason })),
    afterwards: { status: second.status, stored: second.tally.stored },
  };
}

describe.each(["before", "after"] as const)("killed %s a call", (when) => {
  it("reaches the same archive wherever it happens", async () => {
    const calm = await reading(Number.POSITIVE_INFINITY, when);
    expect(calm.archive).toMatchObject({ status: "succeededWithGaps", tally: { stored: 4, quarantined: 1, seen: 5 } });
    expect(calm.calls).toBeGreaterThan(40);
    for (let failAt = 1; failAt <= calm.calls; failAt++)
      expect((await reading(failAt, when)).archive, `killed ${when} call ${failAt}`).toEqual(calm.archive);
  }, 300_000);
});
