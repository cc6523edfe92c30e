// Lists of folders and well-known names that Graph will not give, however often it is asked: the run ends, says so, and
// archives everything else.
import { describe, expect, it } from "vitest";
import { minute } from "../../lib/core/time.js";
import type { Fault, FaultRule } from "../../lib/local/tenant/faults.js";
import { aWorld, byId, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const top = "GET /users/{user}/mailFolders";
const one = "GET /users/{user}/mailFolders/{folder}";
const children = "GET /users/{user}/mailFolders/{folder}/childFolders";
const forEver: [string, Fault][] = [
  ["500", { kind: "status", status: 500, code: "InternalServerError" }],
  ["503", { kind: "unavailable", body: "html" }],
  ["504", { kind: "gateway-timeout" }],
  ["cut JSON", { kind: "truncated-json" }],
  ["a reset", { kind: "reset" }],
];

const strike = (world: World, rules: FaultRule[]) => world.tenant.faults.set({ rules });
const wellKnown = (world: World, name: string) =>
  world.tenant.mailboxes.folders(world.mailbox().id).find((folder) => folder.wellKnown === name)?.id ?? "";
const rootOf = (world: World) => wellKnown(world, "msgfolderroot");
const idOf = (world: World, path: string) =>
  world.tenant.mailboxes.folders(world.mailbox().id).find((folder) => folder.path === path)?.id ?? "";

async function ran(world: World, input: object = {}) {
  const profile = await world.profile(input);
  const began = world.clock.now().getTime();
  const run = await world.run(profile);
  const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
  const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
  return { profile, run, part, stored: stored.map(({ id }) => id).sort(), tookMs: world.clock.now().getTime() - began };
}

async function expectWhole(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

const aMailbox = async (): Promise<World> => {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  for (const folder of ["inbox", "sentitems", "/Contracts", "/Inbox/Projects/Apollo"])
    world.tenant.mailboxes.deliver(world.mailbox().id, folder, `Subject: ${folder}\r\n\r\nbody\r\n`);
  return world;
};

describe("the top level of a mailbox", () => {
  it.each(forEver)("is listed by its other name where the usual question is answered with %s", async (_, fault) => {
    await using world = await aMailbox();
    strike(world, [{ route: top, do: fault }]);
    const { run, tookMs } = await ran(world);
    expect(run).toMatchObject({ status: "succeeded", problems: [] });
    expect(tookMs).toBeLessThan(minute);
    await expectWhole(world);
  });

  it.each(forEver)(
    "that cannot be listed at all (%s) is a gap: what has a name or is known is archived",
    async (_, fault) => {
      await using world = await aMailbox();
      strike(world, [
        { route: top, do: fault },
        { route: children, folder: rootOf(world), do: fault },
      ]);
      const { profile, run, part, stored, tookMs } = await ran(world);
      expect(run.status).toBe("succeededWithGaps");
      expect(tookMs).toBeLessThan(2 * minute);
      expect(stored).toHaveLength(3);
      expect(part?.problems).toMatchObject([
        { folderPath: "/", message: expect.stringContaining("top level of the mailbox could not be listed") },
      ]);
      strike(world, []);
      expect(await world.run(profile)).toMatchObject({ status: "succeeded", removed: 0, tally: { stored: 1 } });
      await expectWhole(world);
      // From now on the archive knows the others by their ids.
      world.tenant.mailboxes.deliver(world.mailbox().id, "/Contracts", "Subject: late\r\n\r\nbody\r\n");
      strike(world, [
        { route: top, do: fault },
        { route: children, folder: rootOf(world), do: fault },
      ]);
      expect(await world.run(profile)).toMatchObject({ status: "succeededWithGaps", removed: 0, tally: { stored: 1 } });
      await expectWhole(world);
    },
  );
});

describe("a well-known name", () => {
  it.each(forEver)(
    "that a profile leaves out and Graph will not explain (%s) is taken by what it is called",
    async (_, fault) => {
      await using world = await aMailbox();
      const { id } = world.mailbox();
      world.tenant.mailboxes.deliver(id, "drafts", { eml: "Subject: not yet\r\n\r\nbody\r\n", isDraft: true });
      const drafts = world.tenant.mailboxes.folders(id).find(({ wellKnown }) => wellKnown === "drafts");
      strike(world, [{ route: one, folder: drafts?.id ?? "", do: fault }]);
      const { run, part, tookMs } = await ran(world);
      expect(run.status).toBe("succeededWithGaps");
      expect(tookMs).toBeLessThan(minute);
      expect(part?.problems).toMatchObject([
        { folderPath: "wellknown:drafts", message: expect.stringContaining(`${drafts?.path} was taken for it`) },
      ]);
      await expectWhole(world);
    },
  );

  it("that a profile chooses and nobody can guess is a gap, and the rest is archived", async () => {
    await using world = await aMailbox();
    const { id } = world.mailbox();
    const inbox = idOf(world, "/Inbox");
    world.tenant.mailboxes.renameFolder(id, inbox, "Eingangskorb");
    strike(world, [{ route: one, folder: inbox, do: { kind: "unavailable" } }]);
    const { part } = await ran(world, { folders: { include: ["wellknown:inbox", "/Contracts"] } });
    expect(part).toMatchObject({
      status: "succeededWithGaps",
      messages: 1,
      problems: [{ folderPath: "wellknown:inbox", message: expect.stringContaining("could not be followed") }],
    });
  });

  it("of Recoverable Items that cannot be read keeps nothing else shut", async () => {
    await using world = await aMailbox();
    strike(world, [
      { route: [one, children], folder: wellKnown(world, "recoverableitemsroot"), do: { kind: "unavailable" } },
    ]);
    const { run, part } = await ran(world, { folders: { recoverableItems: true } });
    expect(run.status).toBe("succeededWithGaps");
    expect(part?.problems).toMatchObject([{ folderPath: "/Recoverable Items" }]);
  });
});

it("a mailbox that gives neither its folders nor its inbox is tried again, says when, and fails in the end", async () => {
  await using world = await aMailbox();
  strike(world, [{ route: [top, one, children], do: { kind: "unavailable", body: "json" } }]);
  const profile = await world.profile();
  const { run } = await world.app.profiles.run(profile);
  for (let n = 0; n < 2; n++) await world.app.work(world.queue.receive() ?? "");
  const part = async () => (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);
  expect(await part()).toMatchObject({
    status: "running",
    resumeAt: expect.any(String),
    problems: [{ code: "ServiceUnavailable", message: expect.stringContaining("tried again") }],
  });
  await world.settle();
  expect(await part()).toMatchObject({ status: "failed", reason: "ServiceUnavailable" });
});
