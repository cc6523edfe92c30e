// A worker that was taken for dead comes back: what others have done since stands.
import { expect, it } from "vitest";
import type { MailboxReader } from "../../lib/ports/mail-source.js";
import { changeRun } from "../../lib/runs/repo.js";
import { aWorld, byId, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

/** Holds the first download of the worker until `resume` is called. */
function stalling(edges: WorldEdges) {
  const reached = Promise.withResolvers<void>();
  const resume = Promise.withResolvers<void>();
  let first = true;
  const mail: WorldEdges["mail"] = {
    open(mailbox, options) {
      const reader: MailboxReader = edges.mail.open(mailbox, options);
      const mime = reader.mime.bind(reader);
      reader.mime = async (id) => {
        if (!first) return mime(id);
        first = false;
        reached.resolve();
        await resume.promise;
        return mime(id);
      };
      return reader;
    },
  };
  return { edges: { ...edges, mail }, reached: reached.promise, resume: resume.resolve };
}

async function takenOver(world: World) {
  let stall: ReturnType<typeof stalling> | undefined;
  const slow = await aWorld({
    shared: world.tenant,
    clock: world.clock,
    stores: world,
    edges(edges) {
      stall = stalling(edges);
      return stall.edges;
    },
  });
  const { run } = await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  const working = slow.app.work(world.queue.receive() ?? "");
  await stall?.reached;
  // Nobody renews the claim: the worker stands still.
  world.clock.advance(5 * 60_000);
  await world.app.tidy();
  const resume = () => {
    stall?.resume();
    return working;
  };
  return { run, slow, resume };
}

it("leaves a mailbox ended that another worker has ended meanwhile", async () => {
  await using world = await aWorld();
  const { run, slow, resume } = await takenOver(world);
  await world.settle();
  const before = await world.parts(run.id);
  expect((await world.app.runs.get(run.id as never)).status).toBe("succeeded");
  await resume();
  expect(await world.parts(run.id)).toEqual(before);
  expect(world.queue.items()).toEqual([]);
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
  await slow[Symbol.asyncDispose]();
});

it("leaves a mailbox to the worker that it was handed to", async () => {
  await using world = await aWorld();
  const { run, slow, resume } = await takenOver(world);
  const before = await world.parts(run.id);
  await resume();
  expect(await world.parts(run.id)).toEqual(before);
  expect(world.queue.items()).toHaveLength(1);
  await world.settle();
  expect((await world.app.runs.get(run.id as never)).status).toBe("succeeded");
  await slow[Symbol.asyncDispose]();
});

it("does nothing for an item that was delivered again after its work was handed on", async () => {
  await using world = await aWorld();
  await world.app.mailboxes.sync();
  const route = "GET /users/{user}/messages/{message}/$value";
  world.tenant.faults.set({ rules: [{ route, nth: 3, do: { kind: "throttled", retryAfterSeconds: 3_600 } }] });
  const { run } = await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  const item = world.queue.receive() ?? "";
  await world.app.work(item);
  expect(world.queue.items()).toHaveLength(1);
  const before = await world.parts(run.id);
  const requests = world.tenant.requests.length;
  await world.app.work(item);
  expect(world.tenant.requests).toHaveLength(requests);
  expect(world.queue.items()).toHaveLength(1);
  expect(await world.parts(run.id)).toEqual(before);
});

it("does no work in the name of a run that has ended", async () => {
  await using world = await aWorld();
  const { run } = await world.app.profiles.run(await world.profile());
  await world.app.work(world.queue.receive() ?? "");
  const requests = world.tenant.requests.length;
  await changeRun(world.edges.rows, run.id as never, (open) => ({ ...open, status: "failed" }));
  await world.settle();
  expect(world.tenant.requests).toHaveLength(requests);
  expect((await world.app.runs.get(run.id as never)).status).toBe("failed");
});
