// Delta rounds of many pages: over several invocations, with links that die half way, with time that runs out.
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { loadCursors } from "../../lib/catalog/cursors.js";
import { minute, second } from "../../lib/core/time.js";
import { aWorld, byId, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import { type SmallPages, smallPages } from "../build/small-pages.js";

const eml = (n: number) => `From: a@contoso.example\r\nSubject: m${n}\r\n\r\nHello ${n}\r\n`;

/** Time passes while the claim is renewed. */
async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10 * second) {
    world.clock.advance(10 * second);
    await world.pulse();
  }
}

/** Each download takes so long that an invocation holds a few of them. */
const slowly =
  (world: () => World, begin: () => Promise<void> = async () => {}) =>
  (edges: WorldEdges): WorldEdges => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader = edges.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        reader.mime = async (id) => {
          await begin();
          await pass(world(), minute);
          return mime(id);
        };
        return reader;
      },
    },
  });

async function withSmallPages(wrap: (edges: WorldEdges) => WorldEdges = (edges) => edges, count = 7) {
  let pages: SmallPages | undefined;
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges(edges) {
      pages = smallPages(edges.mail, 2);
      return wrap({ ...edges, mail: pages.mail });
    },
  });
  const box = world.mailbox().id;
  const mail = world.tenant.mailboxes;
  const inbox = mail.folders(box).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? "";
  const messages = Array.from({ length: count }, (_, n) => mail.deliver(box, "inbox", eml(n)));
  const profile = await world.profile();
  const cursor = async () => (await loadCursors(world.edges.rows, box, { profile })).get(inbox as never);
  return { world, box, mail, inbox, messages, profile, pages: pages as SmallPages, cursor };
}

async function expectWholeOnce(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

const part = async (world: World, run: { id: string }) =>
  (await world.parts(run.id)).find(({ mailbox }) => mailbox === world.mailbox().id);

it("a first round over many invocations stores each message once, and counts it once", async () => {
  const at: { world?: World } = {};
  const { world, profile, cursor } = await withSmallPages(
    slowly(() => at.world as World),
    30,
  );
  await using _ = world;
  at.world = world;
  const { run } = await world.app.profiles.run(profile);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  expect(await part(world, run)).toMatchObject({ status: "running" });
  expect(await cursor()).toMatchObject({ kind: "next" });
  await world.settle();
  expect(await part(world, run)).toMatchObject({
    status: "succeeded",
    tally: { seen: 30, stored: 30, known: 0, quarantined: 0 },
  });
  await expectWholeOnce(world);
  // Nothing is left to compare: the first round has seen every id.
  expect(await cursor()).toMatchObject({ kind: "delta", comparedAt: expect.any(String) });
  world.tenant.resetCounters();
  expect((await world.run(profile)).status).toBe("noChanges");
  const lists = world.tenant.requests.filter(
    ({ route }) => route === "GET /users/{user}/mailFolders/{folder}/messages",
  );
  expect(lists).toEqual([]);
});

it("a new beginning over several invocations notices what left while the old link was dead", async () => {
  const { world, box, mail, inbox, messages, profile, pages, cursor } = await withSmallPages();
  await using _ = world;
  await world.run(profile);
  mail.purge(box, messages[0] ?? "");
  // The count stays the same: it alone says nothing.
  mail.deliver(box, "inbox", eml(8));
  mail.expireDeltaTokens(box, "inbox");
  let inboxPages = 0;
  pages.onPage = async (folder) => {
    if (folder === inbox && ++inboxPages === 3) await pass(world, 9 * minute);
    return undefined;
  };
  const { run } = await world.app.profiles.run(profile);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  expect(await cursor()).toMatchObject({ kind: "resync" });
  await world.settle();
  expect(await part(world, run)).toMatchObject({ status: "succeeded", removed: 1, tally: { stored: 1 } });
});

it("a link that dies half way leaves no trace in the cursor, however late its page is dealt with", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new Set<string>();
  const { world, box, mail, inbox, messages, profile, pages, cursor } = await withSmallPages((edges) => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader = edges.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        reader.mime = async (id) => {
          if (slow.delete(id)) await promise;
          return mime(id);
        };
        return reader;
      },
    },
  }));
  await using _ = world;
  const [first = ""] = messages;
  slow.add(first);
  let died = false;
  let again = 0;
  pages.onPage = (folder, link) => {
    if (folder !== inbox) return undefined;
    if (!died && link === "made-up:2") {
      died = true;
      // The new round does not speak of it; the old one's first page is still at work on it.
      mail.purge(box, first);
      return { kind: "resync", reason: "syncStateNotFound" };
    }
    return undefined;
  };
  pages.onGiven = async (folder) => {
    if (folder !== inbox || !died || ++again < 3) return;
    // Whatever the new round has to do comes first.
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    resolve();
  };
  const run = await world.run(profile);
  expect([died, again]).toEqual([true, 3]);
  expect(await part(world, run)).toMatchObject({ status: "succeeded", tally: { stored: 6, gone: 1, seen: 7 } });
  expect(await cursor()).toMatchObject({ kind: "delta" });
  await expectWholeOnce(world);
});

it("reads a folder from its start whose page is gone while it is there", async () => {
  const { world, box, mail, inbox, profile, pages } = await withSmallPages();
  await using _ = world;
  await world.run(profile);
  mail.deliver(box, "inbox", eml(8));
  let told = false;
  pages.onPage = (folder) => {
    if (folder !== inbox || told) return undefined;
    told = true;
    return { kind: "folder-gone" };
  };
  const run = await world.run(profile);
  expect(await part(world, run)).toMatchObject({ status: "succeeded", removed: 0, tally: { stored: 1 } });
  await expectWholeOnce(world);
});

it("is not complete when all folders were read to their ends but messages are left", async () => {
  const at: { world?: World } = {};
  const read = Promise.withResolvers<void>();
  const wrap = slowly(
    () => at.world as World,
    () => read.promise,
  );
  const { world, box, mail, profile, pages, cursor } = await withSmallPages(wrap, 0);
  await using _ = world;
  at.world = world;
  let calls = 0;
  pages.onPage = () => {
    calls++;
    return undefined;
  };
  await world.run(profile);
  const folders = calls;
  for (let n = 0; n < 30; n++) mail.deliver(box, "inbox", eml(n));
  calls = 0;
  pages.onPage = () => undefined;
  pages.onGiven = () => {
    // No message comes before the last page of the last folder was given.
    if (++calls === folders - 1 + 15) read.resolve();
  };
  const { run } = await world.app.profiles.run(profile);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  expect(calls).toBe(folders - 1 + 15);
  expect(await part(world, run)).toMatchObject({ status: "running", coverage: { complete: false } });
  expect(await cursor()).not.toMatchObject({ kind: "delta", itemCount: 30 });
  await world.settle();
  expect(await part(world, run)).toMatchObject({ status: "succeeded", tally: { stored: 30, seen: 30, known: 0 } });
  await expectWholeOnce(world);
});

it("counts what another profile has archived as known, once for each message", async () => {
  const { world, box } = await withSmallPages();
  await using _ = world;
  await world.run(await world.profile());
  const second = await world.run(await world.profile());
  expect(await part(world, second)).toMatchObject({
    status: "noChanges",
    tally: { seen: 7, known: 7, stored: 0 },
  });
  expect((await readBack(world.edges.blobs, box)).stored).toHaveLength(7);
});

/** Graph fixes what a round tells when the round begins. */
it.each([
  ["a first round", false],
  ["a new beginning", true],
])(
  "%s that an earlier run began is followed by another: what came since is there when the run ends",
  async (_, resync) => {
    const { world, box, mail, inbox, profile, pages, cursor } = await withSmallPages();
    await using _world = world;
    if (resync) {
      await world.run(profile);
      mail.expireDeltaTokens(box, "inbox");
    }
    let inboxPages = 0;
    pages.onPage = (folder) =>
      folder === inbox && ++inboxPages === 4 ? { kind: "unrendered", reason: "UnknownError" } : undefined;
    await world.run(profile);
    expect(await cursor()).toMatchObject({ kind: resync ? "resync" : "next" });
    mail.deliver(box, "inbox", eml(8));
    const { run } = await world.app.profiles.run(profile);
    await world.settle();
    expect(await part(world, run)).toMatchObject({ status: "succeeded", tally: { stored: 1 } });
    await expectWholeOnce(world);
    expect(await cursor()).toMatchObject({ kind: "delta", comparedAt: world.clock.now().toISOString() });
    expect((await world.run(profile)).status).toBe("noChanges");
  },
);
