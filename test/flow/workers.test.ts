// More than one worker, less than enough time, tables thrown away: the archive stays exact.
import { expect, it } from "vitest";
import { aWorld, byId, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

async function expectWholeOnce(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

it("lets only one of two workers at a mailbox", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 40 } });
  await using other = await aWorld({ shared: world.tenant, clock: world.clock, stores: world });
  const { run } = await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  const item = world.queue.receive() ?? "";
  await Promise.all([world.app.work(item), other.app.work(item)]);
  await world.settle();
  expect((await world.app.runs.get(run.id as never)).status).toBe("succeeded");
  await expectWholeOnce(world);
  expect(world.tenant.counters().concurrencyViolations).toBe(0);
});

it("commits nothing twice when a worker that lost its claim goes on", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 40 } });
  // The claim of whoever asks is always free: both workers believe that they are alone.
  const blind = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    rows: {
      ...edges.rows,
      get: async (table, key) => (table === "claims" ? undefined : edges.rows.get(table, key)),
      insert: async (table, key, values) => (table === "claims" ? "blind" : edges.rows.insert(table, key, values)),
      replace: async (table, key, values, etag) =>
        table === "claims" ? "blind" : edges.rows.replace(table, key, values, etag),
    },
  });
  await using one = await aWorld({ shared: world.tenant, clock: world.clock, stores: world, edges: blind });
  await using two = await aWorld({ shared: world.tenant, clock: world.clock, stores: world, edges: blind });
  world.tenant.faults.set({ rules: [] });
  await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  const item = world.queue.receive() ?? "";
  await Promise.allSettled([one.app.work(item), two.app.work(item)]);
  await world.settle(() => {});
  await expectWholeOnce(world);
});

it("hands on when time is up, and starts nothing over", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 60 } });
  // Every message takes twenty seconds of the clock: an invocation of eight minutes cannot hold sixty of them.
  const slow = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader = edges.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        reader.mime = async (id) => {
          world.clock.advance(20_000);
          await worker.pulse();
          return mime(id);
        };
        return reader;
      },
    },
  });
  await using worker = await aWorld({ shared: world.tenant, clock: world.clock, stores: world, edges: slow });
  const { run } = await world.app.profiles.run(await world.profile());
  await worker.settle();
  const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
  expect(part?.status).toBe("succeeded");
  await expectWholeOnce(world);
  const fetches = world.tenant.requests.filter(({ route }) => route.endsWith("$value"));
  expect(fetches).toHaveLength(world.wanted(world.mailbox().id).length);
  expect((await readBack(world.edges.blobs, world.mailbox().id)).records.length).toBeGreaterThan(2);
});

it("regrows its tables from the ledger alone", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 30 } });
  const { id } = world.mailbox();
  const profile = await world.profile();
  await world.run(profile);
  const tables = ["messages", "cursors", "quarantine"] as const;
  const before = world.edges.rows.dump();
  for (const table of tables) world.edges.rows.lose(table);
  await world.app.mailboxes.regrow(id);
  const after = world.edges.rows.dump();
  for (const table of tables) expect(after[table], table).toEqual(before[table]);
  world.tenant.resetCounters();
  expect((await world.run(profile)).status).toBe("noChanges");
  expect(world.tenant.requests.filter(({ route }) => route.endsWith("$value"))).toEqual([]);
});

it("goes on from what it has when only the cursors are lost", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 30 } });
  const profile = await world.profile();
  await world.run(profile);
  world.edges.rows.lose("cursors");
  world.tenant.resetCounters();
  expect((await world.run(profile)).status).toBe("noChanges");
  expect(world.tenant.requests.filter(({ route }) => route.endsWith("$value"))).toEqual([]);
  await expectWholeOnce(world);
});

it("commits what it has and hands on when its instance is taken away", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 60 } });
  const { id } = world.mailbox();
  let fetched = 0;
  const leaving = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader = edges.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        reader.mime = async (message) => {
          if (++fetched === 20) worker.app.stop();
          return mime(message);
        };
        return reader;
      },
    },
  });
  await using worker = await aWorld({ shared: world.tenant, clock: world.clock, stores: world, edges: leaving });
  await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  await worker.app.work(world.queue.receive() ?? "");
  expect((await readBack(world.edges.blobs, id)).stored.length).toBe(fetched);
  expect(fetched).toBeLessThan(world.wanted(id).length);
  await world.settle();
  await expectWholeOnce(world);
  const fetches = world.tenant.requests.filter(({ route }) => route.endsWith("$value"));
  expect(fetches).toHaveLength(world.wanted(id).length);
});
