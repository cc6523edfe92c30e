// A person stops a run, at whatever moment: what was committed stays, nothing more is begun, and the run says so.
import { expect, it } from "vitest";
import { RunId } from "../../lib/core/ids.js";
import type { MailboxReader } from "../../lib/ports/mail-source.js";
import { changePart, changeRun } from "../../lib/runs/repo.js";
import { aWorld, byId, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const value = "GET /users/{user}/messages/{message}/$value";
const downloads = (world: World) => world.tenant.requests.filter(({ route }) => route === value).length;

async function started(world: World) {
  const profile = await world.profile();
  const { run } = await world.app.profiles.run(profile);
  return { profile, id: RunId.parse(run.id) };
}

/** The next run archives what the cancelled one left, and nothing twice. */
async function expectMadeUpFor(world: World, profile: Parameters<World["run"]>[0]): Promise<void> {
  expect(["succeeded", "noChanges"]).toContain((await world.run(profile)).status);
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

it("before it begins: nothing is read", async () => {
  await using world = await aWorld();
  const { profile, id } = await started(world);
  expect((await world.app.runs.cancel(id)).status).toBe("cancelled");
  await world.settle();
  expect((await world.app.runs.get(id)).status).toBe("cancelled");
  expect(world.tenant.requests).toEqual([]);
  await expectMadeUpFor(world, profile);
});

it("while its mailboxes wait: they are cancelled at once", async () => {
  await using world = await aWorld();
  const { profile, id } = await started(world);
  await world.app.work(world.queue.receive() ?? "");
  expect((await world.app.runs.cancel(id)).status).toBe("cancelled");
  await world.settle();
  expect(downloads(world)).toBe(0);
  expect((await world.parts(id)).filter(({ status }) => status !== "excluded")).toMatchObject([
    { status: "cancelled" },
  ]);
  await expectMadeUpFor(world, profile);
});

it("while a mailbox waits out a pause: it does not wait any longer", async () => {
  await using world = await aWorld();
  await world.app.mailboxes.sync();
  const box = world.mailbox().id;
  world.tenant.faults.set({
    rules: [{ mailbox: box, route: value, nth: 3, do: { kind: "throttled", retryAfterSeconds: 3_600 } }],
  });
  const { profile, id } = await started(world);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  await world.app.tidy();
  const throttled = await world.app.runs.get(id);
  const [part] = (await world.parts(id)).filter(({ status }) => status === "throttled");
  expect(throttled).toMatchObject({ status: "throttled", waitsFor: null, resumeAt: part?.resumeAt });
  expect(Date.parse(throttled.resumeAt ?? "") - world.clock.now().getTime()).toBeGreaterThan(3_500_000);
  expect((await world.app.runs.cancel(id)).status).toBe("cancelled");
  await expectMadeUpFor(world, profile);
});

it("while a mailbox is at work: it commits what it has and stops", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 60 } });
  let seen = 0;
  const cancelling = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader: MailboxReader = edges.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        reader.mime = async (id) => {
          if (++seen === 10) await world.app.runs.cancel(run);
          world.clock.advance(6_000);
          await worker.pulse();
          return mime(id);
        };
        return reader;
      },
    },
  });
  await using worker = await aWorld({ shared: world.tenant, clock: world.clock, stores: world, edges: cancelling });
  const { profile, id: run } = await started(world);
  await worker.settle();
  expect(await world.app.runs.get(run)).toMatchObject({ status: "cancelled", cancelRequested: true });
  expect(downloads(world)).toBeLessThan(40);
  const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
  expect(stored.length).toBeGreaterThan(5);
  const parts = await world.parts(run);
  expect(parts.find(({ mailbox }) => mailbox === world.mailbox().id)).toMatchObject({
    status: "cancelled",
    tally: { stored: stored.length },
    coverage: { complete: false },
  });
  await expectMadeUpFor(world, profile);
});

it("after a worker has handed on: the next one does not begin", async () => {
  await using world = await aWorld();
  const { profile, id } = await started(world);
  await world.app.work(world.queue.receive() ?? "");
  const item = JSON.parse(world.queue.receive() ?? "");
  // As a worker leaves it whose time was up.
  await changePart(world.edges.rows, id, item.mailbox, (part) => ({ ...part, status: "running", generation: 1 }));
  expect((await world.app.runs.cancel(id)).status).toBe("running");
  await world.app.work(JSON.stringify({ ...item, generation: 1 }));
  expect((await world.app.runs.get(id)).status).toBe("cancelled");
  expect(downloads(world)).toBe(0);
  await expectMadeUpFor(world, profile);
});

it("after its end: is told that nothing is left to cancel, and nothing changes", async () => {
  await using world = await aWorld();
  const profile = await world.profile();
  const run = await world.run(profile);
  const id = RunId.parse(run.id);
  await expect(world.app.runs.cancel(id)).rejects.toMatchObject({ code: "conflict", reason: "RUN_ENDED" });
  expect(await world.app.runs.get(id)).toEqual(run);
});

it.each(["succeeded", "succeededWithGaps", "noChanges", "failed"] as const)(
  "when it came to its end first (%s), after somebody had wished to cancel it: says so",
  async (status) => {
    await using world = await aWorld();
    const { id } = await started(world);
    await changeRun(world.edges.rows, id, (run) => ({ ...run, status, cancelRequested: true }));
    await expect(world.app.runs.cancel(id)).rejects.toMatchObject({ reason: "RUN_ENDED" });
  },
);

it("again, while it stops and after it has stopped: answers as before", async () => {
  await using world = await aWorld();
  const { id } = await started(world);
  await world.app.work(world.queue.receive() ?? "");
  const item = JSON.parse(world.queue.receive() ?? "");
  await changePart(world.edges.rows, id, item.mailbox, (part) => ({ ...part, status: "running", generation: 1 }));
  const first = await world.app.runs.cancel(id);
  expect(first).toMatchObject({ status: "running", cancelRequested: true });
  expect(await world.app.runs.cancel(id)).toEqual(first);
  await world.app.work(JSON.stringify({ ...item, generation: 1 }));
  const stopped = await world.app.runs.get(id);
  expect(stopped.status).toBe("cancelled");
  expect(await world.app.runs.cancel(id)).toEqual(stopped);
});
