// A delta round may tell of a message more than once: it counts once, whatever becomes of it.
import { expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { aWorld, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const letters = 6;

/** Every page tells all of its messages twice, and the inbox has six letters, two of them read. */
async function aRepeatingWorld(age = 0) {
  const beforeMime: ((id: string) => void)[] = [];
  const twice = (edges: WorldEdges): WorldEdges => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader = edges.mail.open(mailbox, options);
        const changes = reader.changes.bind(reader);
        reader.changes = async (...asked) => {
          const page = await changes(...asked);
          return page.kind === "page" ? { ...page, changes: page.changes.flatMap((one) => [one, one]) } : page;
        };
        const mime = reader.mime.bind(reader);
        reader.mime = (id) => {
          for (const act of beforeMime.splice(0)) act(id);
          return mime(id);
        };
        return reader;
      },
    },
  });
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 }, edges: twice });
  const { id: box } = world.mailbox();
  const receivedAt = new Date(world.clock.now().getTime() - age);
  for (let n = 0; n < letters; n++) {
    const eml = `From: a@contoso.example\r\nSubject: letter ${n}\r\n\r\nHello ${n}\r\n`;
    world.tenant.mailboxes.deliver(box, "inbox", { eml, isRead: n < 2, receivedAt });
  }
  return { world, box, beforeMime };
}

it("what is stored", async () => {
  const { world, box } = await aRepeatingWorld();
  await using _ = world;
  expect(await world.run(await world.profile())).toMatchObject({ tally: { seen: 6, stored: 6, known: 0 } });
  expect((await readBack(world.edges.blobs, box)).stored).toHaveLength(letters);
});

it("what is known", async () => {
  const { world, box } = await aRepeatingWorld();
  await using _ = world;
  const profile = await world.profile();
  await world.run(profile);
  world.tenant.mailboxes.expireDeltaTokens(box, "inbox");
  expect(await world.run(profile)).toMatchObject({ status: "noChanges", tally: { seen: 6, known: 6 } });
});

it("what a filter leaves out", async () => {
  const { world } = await aRepeatingWorld();
  await using _ = world;
  const run = await world.run(await world.profile({ filter: { read: "read" } }));
  expect(run).toMatchObject({ tally: { seen: 6, stored: 2, skipped: 4 }, skipped: { IS_UNREAD: 4 } });
});

it("what is to wait, and it comes when it is due", async () => {
  const { world, box } = await aRepeatingWorld(day);
  await using _ = world;
  const profile = await world.profile({ filter: { olderThanDays: 2 } });
  const run = await world.run(profile);
  expect(run).toMatchObject({ tally: { seen: 6, stored: 0, skipped: 6 }, skipped: { NOT_OLD_ENOUGH: 6 } });
  world.clock.advance(2 * day);
  await world.run(profile);
  expect((await readBack(world.edges.blobs, box)).stored).toHaveLength(letters);
});

it("what has gone when its turn comes", async () => {
  const { world, box, beforeMime } = await aRepeatingWorld();
  await using _ = world;
  beforeMime.push((id) => world.tenant.mailboxes.purge(box, id));
  const run = await world.run(await world.profile());
  expect(beforeMime).toEqual([]);
  expect(run).toMatchObject({ status: "succeeded", tally: { seen: 6, stored: 5, gone: 1 } });
});
