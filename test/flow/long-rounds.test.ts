// Delta rounds of many pages: over several invocations, with links that die half way, with time that runs out.
import { expect, it } from "vitest";
import type { Edges } from "../../lib/app.js";
import { loadCursors } from "../../lib/catalog/cursors.js";
import { minute, second } from "../../lib/core/time.js";
import { aWorld, byId, type World } from "../build/a-world.js";
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
  (edges: Edges): Edges => ({
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

async function withSmallPages(wrap: (edges: Edges) => Edges = (edges) => edges, count = 7) {
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
  const cursor = async () => (await loadCursors(world.edges.rows, box, profile)).get(inbox as never);
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
  const { world, inbox, messages, profile, pages, cursor } = await withSmallPages((edges) => ({
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
  slow.add(messages[6] ?? "");
  let died = false;
  let rounds = 0;
  pages.onPage = (folder, link) => {
    if (folder !== inbox) return undefined;
    if (link === undefined) rounds++;
    // The last but one page of the first round is at work when the link to the last one dies.
    if (!died && link === "made-up:3") {
      died = true;
      resolve();
      return { kind: "resync", reason: "syncStateNotFound" };
    }
    return undefined;
  };
  const run = await world.run(profile);
  expect([died, rounds]).toEqual([true, 2]);
  expect(await part(world, run)).toMatchObject({ status: "succeeded", tally: { stored: 7, seen: 7 } });
  expect(await cursor()).toMatchObject({ kind: "delta" });
  await expectWholeOnce(world);
});

it("is not complete when all folders were read to their ends but messages are left", async () => {
  const at: { world?: World } = {};
  const read = Promise.withResolvers<void>();
  const wrap = slowly(
    () => at.world as World,
    () => read.promise,
  );
  const { world, inbox, profile, pages, cursor } = await withSmallPages(wrap, 30);
  await using _ = world;
  at.world = world;
  let inboxPages = 0;
  let others = 0;
  pages.onPage = (folder) => {
    if (folder === inbox) inboxPages++;
    else others++;
    // No message comes before the last page was asked for.
    if (inboxPages === 15) setImmediate(() => read.resolve());
    return undefined;
  };
  const { run } = await world.app.profiles.run(profile);
  await world.app.work(world.queue.receive() ?? "");
  await world.app.work(world.queue.receive() ?? "");
  expect([inboxPages, others > 10]).toEqual([15, true]);
  expect(await part(world, run)).toMatchObject({ status: "running", coverage: { complete: false } });
  expect((await cursor())?.kind).not.toBe("delta");
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
