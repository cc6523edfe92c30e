// What is left after a disaster is the container: from it alone everything can be found and read again.
import { expect, it } from "vitest";
import type { HousekeepingInput } from "../../lib/api/housekeeping.js";
import { minute } from "../../lib/core/time.js";
import { ledgerName } from "../../lib/ledger/record.js";
import { deliverPacks } from "../build/a-packed-mailbox.js";
import { aWorld, type World, type WorldEdges } from "../build/a-world.js";

type Wish = Omit<(typeof HousekeepingInput)["_output"], "graceDays">;
const lost = ["messages", "cursors", "quarantine", "mailboxes", "claims", "runs", "profiles"] as const;
const derived = ["messages", "cursors", "quarantine"] as const;

async function aDisaster(edges?: (edges: WorldEdges) => WorldEdges) {
  const world = await aWorld({ tenant: { mailboxes: 3, messagesPerMailbox: 6 }, ...(edges && { edges }) });
  await world.run(await world.profile());
  const boxes = [0, 1, 2].map((n) => world.mailbox(n).id).sort();
  const before = world.edges.rows.dump();
  for (const table of lost) world.edges.rows.lose(table);
  world.tenant.resetCounters();
  return { world, boxes, before };
}

async function housekeeping(world: World, wish: Partial<Wish>) {
  const { id } = await world.app.housekeeping.request({
    kind: "regrow",
    dryRun: false,
    graceDays: 7,
    ...wish,
  } as never);
  await world.settle();
  return world.app.housekeeping.get(id);
}

const listed = async (world: World, box: string) =>
  (await world.app.messages.list(box as never, { limit: 200 } as never)).value;

it("finds every message of every mailbox again, without the tenant", { timeout: 60_000 }, async () => {
  const { world, boxes, before } = await aDisaster();
  await using _ = world;
  for (const box of boxes) await expect(listed(world, box)).rejects.toMatchObject({ code: "not-found" });
  const planned = await housekeeping(world, { dryRun: true });
  expect(planned).toMatchObject({ status: "succeeded", found: { count: 3, bytes: 0 }, kept: {} });
  const items = (await world.app.housekeeping.items(planned.id, { limit: 10 })).value;
  expect(items.map(({ mailbox, why, state }) => [mailbox, why, state])).toEqual(
    boxes.map((box) => [box, "behind", "planned"]),
  );
  expect(world.edges.rows.dump().messages).toBeUndefined();

  const bytes = boxes.flatMap((box) => world.wanted(box)).length;
  expect(bytes).toBeGreaterThan(10);
  const applied = await housekeeping(world, {});
  expect(applied).toMatchObject({ status: "succeeded", found: { count: 3 }, kept: {} });
  expect(applied.found.bytes).toBeGreaterThan(10_000);
  const after = world.edges.rows.dump();
  for (const table of derived) expect(after[table], table).toEqual(before[table]);
  for (const box of boxes) expect(await listed(world, box)).toHaveLength(world.wanted(box as never).length);
  expect(world.tenant.requests).toEqual([]);
  expect(await housekeeping(world, {})).toMatchObject({ status: "succeeded", found: { count: 0, bytes: 0 }, kept: {} });
});

it("goes on where the time of an invocation ended, also in the middle of a mailbox", { timeout: 60_000 }, async () => {
  let world: World | undefined;
  let reads = 0;
  const slow = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    blobs: {
      ...edges.blobs,
      async get(name) {
        if (world !== undefined && name.includes("/ledger/")) {
          reads++;
          world.clock.advance(2 * minute);
          await world.pulse();
        }
        return edges.blobs.get(name);
      },
    },
  });
  await using made = await aWorld({ tenant: { mailboxes: 1, messagesPerMailbox: 0 }, edges: slow });
  await deliverPacks(made, 4);
  const before = made.edges.rows.dump();
  for (const table of lost) made.edges.rows.lose(table);
  world = made;
  expect(await housekeeping(made, {})).toMatchObject({ status: "succeeded", found: { count: 1 }, kept: {} });
  // Four records, and at two minutes a read no invocation has the time for all of them.
  expect(reads).toBeGreaterThan(6);
  const after = made.edges.rows.dump();
  for (const table of derived) expect(after[table], table).toEqual(before[table]);
});

it("regrows the others where one ledger is damaged, and says so", { timeout: 60_000 }, async () => {
  const { world, boxes } = await aDisaster();
  await using _ = world;
  const [bad = "", ...good] = boxes;
  world.edges.blobs.tamper(ledgerName(bad as never, 1), Buffer.from("no ledger"));
  expect(await housekeeping(world, {})).toMatchObject({
    status: "succeeded",
    found: { count: 2 },
    kept: { damaged: 1 },
  });
  for (const box of good) expect(await listed(world, box)).toHaveLength(world.wanted(box as never).length);
});

it("leaves a mailbox that somebody holds, and may be asked for one alone", { timeout: 60_000 }, async () => {
  const { world, boxes } = await aDisaster();
  await using _ = world;
  const [held = "", other = ""] = boxes;
  const until = world.clock.now().getTime() + minute;
  const values = { until, history: JSON.stringify({ slots: [] }), holder: "another" };
  await world.edges.rows.upsert("claims", { partition: held, row: "claim" }, values);
  expect(await housekeeping(world, { mailbox: held as never })).toMatchObject({
    found: { count: 0 },
    kept: { held: 1 },
  });
  expect(await housekeeping(world, { mailbox: other as never })).toMatchObject({ found: { count: 1 }, kept: {} });
  expect(await listed(world, other)).toHaveLength(world.wanted(other as never).length);
});

it("takes no plan", async () => {
  await using world = await aWorld();
  const planned = await housekeeping(world, { dryRun: true });
  await expect(housekeeping(world, { plan: planned.id })).rejects.toMatchObject({ reason: "PLAN_UNFIT" });
});
