// Folders whose delta links die again and again, even those of a new beginning: the folder is read all the same, nothing is
// downloaded twice, and the run says what it did.
import { describe, expect, it } from "vitest";
import { loadCursors } from "../../lib/catalog/cursors.js";
import { minute } from "../../lib/core/time.js";
import { resyncShapes } from "../../lib/local/tenant/delta.js";
import { aWorld, byId, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import { type SmallPages, smallPages } from "../build/small-pages.js";

const delta = "GET /users/{user}/mailFolders/{folder}/messages/delta";
const value = "GET /users/{user}/messages/{message}/$value";
const eml = (n: number) => `From: a@contoso.example\r\nSubject: m${n}\r\n\r\nHello ${n}\r\n`;

/** Seven messages in an inbox that gives two on a page. */
async function aScene() {
  let pages: SmallPages | undefined;
  const world = await aWorld({
    tenant: { messagesPerMailbox: 0 },
    edges(edges) {
      pages = smallPages(edges.mail, 2);
      return { ...edges, mail: pages.mail };
    },
  });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const inbox = mail.folders(box).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? "";
  const messages = Array.from({ length: 7 }, (_, n) => mail.deliver(box, "inbox", eml(n)));
  const profile = await world.profile();
  return {
    world,
    box,
    mail,
    inbox,
    messages,
    profile,
    pages: pages as SmallPages,
    cursor: async () => (await loadCursors(world.edges.rows, box, { profile })).get(inbox as never),
    ran: async () => {
      world.tenant.resetCounters();
      const run = await world.run(profile);
      const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === box);
      return { part, downloads: world.tenant.requests.filter(({ route }) => route === value).length };
    },
  };
}

type Scene = Awaited<ReturnType<typeof aScene>>;

/** From now on each of these links of the inbox is dead when it is asked for; returns how often that happened. */
function links({ pages, inbox }: Scene, isDead: (link: string | undefined, asked: number) => boolean): () => number {
  let [asked, died] = [0, 0];
  pages.onPage = (folder, link) => {
    if (folder !== inbox || !isDead(link, ++asked)) return undefined;
    died++;
    return { kind: "resync", reason: "syncStateNotFound" };
  };
  return () => died;
}

const whenFollowed = (link: string | undefined): boolean => link !== undefined;

async function expectWholeOnce(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

it("reads the folder by its plain list when each new beginning dies, and asks for so many and no more", async () => {
  const scene = await aScene();
  await using world = scene.world;
  const died = links(scene, whenFollowed);
  expect(await scene.ran()).toMatchObject({
    part: { status: "succeeded", problems: [], tally: { seen: 7, stored: 7, known: 0 } },
    downloads: 7,
  });
  expect(died()).toBe(3);
  await expectWholeOnce(world);
});

it("goes on so in later runs: nothing is downloaded again, and what came or left is noticed", async () => {
  const scene = await aScene();
  await using world = scene.world;
  await world.run(scene.profile);
  links(scene, whenFollowed);
  const quiet = await scene.ran();
  expect(quiet).toMatchObject({
    part: { status: "noChanges", problems: [], tally: { seen: 7, known: 7 } },
    downloads: 0,
  });
  scene.mail.purge(scene.box, scene.messages[3] ?? "");
  scene.mail.deliver(scene.box, "inbox", eml(8));
  scene.mail.deliver(scene.box, "inbox", eml(9));
  expect(await scene.ran()).toMatchObject({
    part: { status: "succeeded", removed: 1, tally: { seen: 8, stored: 2, known: 6 } },
    downloads: 2,
  });
});

it.each([1, 2])("heals by itself when links die %i times in a row, and counts each message once", async (times) => {
  const scene = await aScene();
  await using world = scene.world;
  await world.run(scene.profile);
  // The first link is the one that was kept; each beginning after it gives two good pages.
  links(scene, (link, asked) => link !== undefined && asked <= 1 + 3 * (times - 1) && (asked - 1) % 3 === 0);
  scene.mail.expireDeltaTokens(scene.box, "inbox");
  expect(await scene.ran()).toMatchObject({
    part: { status: "noChanges", problems: [], tally: { seen: 7, known: 7 } },
    downloads: 0,
  });
  expect(await scene.cursor()).toMatchObject({ kind: "delta" });
  links(scene, () => false);
  expect(await scene.ran()).toMatchObject({ part: { status: "noChanges", tally: { seen: 0 } }, downloads: 0 });
});

describe.each(resyncShapes)("Graph refuses even the beginning of a folder (%s)", (shape) => {
  it("as it refuses its links: the folder is read by its plain list", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 25 } });
    const profile = await world.profile();
    const { id } = world.mailbox();
    const inbox = world.tenant.mailboxes.folders(id).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? "";
    world.tenant.faults.set({ rules: [{ route: delta, folder: inbox, do: { kind: "resync", shape } }] });
    expect(await world.run(profile)).toMatchObject({ status: "succeeded" });
    await expectWholeOnce(world);
    world.tenant.resetCounters();
    expect(await world.run(profile)).toMatchObject({ status: "noChanges" });
    const asked = world.tenant.requests.filter(
      ({ route, url }) => route === delta && url.includes(encodeURIComponent(inbox)),
    );
    expect(asked).toHaveLength(3);
  });
});

it("is a gap when the list is refused as well", async () => {
  const scene = await aScene();
  await using world = scene.world;
  links(scene, whenFollowed);
  const list = "GET /users/{user}/mailFolders/{folder}/messages";
  world.tenant.faults.set({ rules: [{ route: list, folder: scene.inbox, do: { kind: "unavailable" } }] });
  expect((await scene.ran()).part).toMatchObject({
    status: "succeededWithGaps",
    problems: [{ folderPath: "/Inbox" }],
  });
});

it("tries no link again in the invocations that finish the list", async () => {
  const scene = await aScene();
  await using world = scene.world;
  const died = links(scene, whenFollowed);
  const { run } = await world.app.profiles.run(scene.profile);
  await world.app.work(world.queue.receive() ?? "");
  // Time is up in the middle of the list.
  const { onPage } = scene.pages;
  let asked = 0;
  scene.pages.onPage = async (folder, link) => {
    if (folder === scene.inbox && ++asked === 6)
      for (let passed = 0; passed < 9; passed++) {
        world.clock.advance(minute);
        await world.pulse();
      }
    return onPage(folder, link);
  };
  await world.settle();
  expect((await world.parts(run.id)).find(({ mailbox }) => mailbox === scene.box)).toMatchObject({
    status: "succeeded",
    tally: { seen: 7, stored: 7 },
  });
  expect(died()).toBe(3);
  await expectWholeOnce(world);
});
