// Where a message is now, when the delta rounds alone do not say it.
import { expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import type { LedgerEvent } from "../../lib/ledger/record.js";
import type { MailboxReader } from "../../lib/ports/mail-source.js";
import { aWorld, type World, type WorldOptions } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const eml = (subject: string) => `From: a@contoso.example\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

async function archived(options: WorldOptions = {}, profileInput = {}) {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 }, ...options });
  const { id: box } = world.mailbox();
  const mail = world.tenant.mailboxes;
  const one = mail.deliver(box, "inbox", { eml: eml("one"), isRead: false });
  mail.deliver(box, "archive", { eml: eml("two"), isRead: false });
  const profile = await world.profile(profileInput);
  await world.run(profile);
  return { world, mail, box, one, profile };
}

/** The events that a run of the profile records, folders left out. */
async function eventsOf(world: World, profile: Parameters<World["run"]>[0]): Promise<LedgerEvent[]> {
  const { id } = world.mailbox();
  const before = (await readBack(world.edges.blobs, id)).records.length;
  await world.run(profile);
  const { records } = await readBack(world.edges.blobs, id);
  return records.slice(before).flatMap(({ events }) => events.filter(({ kind }) => kind !== "folder"));
}

it("finds a message that came back from a folder not archived, left again and came back", async () => {
  const { world, mail, box, one, profile } = await archived();
  await using _ = world;
  mail.move(box, one, "junkemail");
  expect(await eventsOf(world, profile)).toMatchObject([{ kind: "moved", toPath: "/Junk Email" }]);
  for (const folder of ["inbox", "junkemail", "inbox"]) mail.move(box, one, folder);
  expect(await eventsOf(world, profile)).toMatchObject([{ kind: "moved", toPath: "/Inbox" }]);
});

it("finds a message that was deleted, recovered, deleted and recovered again", async () => {
  const { world, mail, box, one, profile } = await archived();
  await using _ = world;
  mail.remove(box, one);
  expect(await eventsOf(world, profile)).toMatchObject([{ kind: "removed" }]);
  for (const folder of ["inbox", "recoverableitemsdeletions", "inbox"]) mail.move(box, one, folder);
  expect(await eventsOf(world, profile)).toMatchObject([{ kind: "returned", toPath: "/Inbox" }]);
});

/** A reader that says nothing of some messages in its delta pages. */
function silentAbout(ids: string[]): NonNullable<WorldOptions["edges"]> {
  return (edges) => ({
    ...edges,
    mail: {
      open(mailbox, options) {
        const reader: MailboxReader = edges.mail.open(mailbox, options);
        const changes = reader.changes.bind(reader);
        reader.changes = async (folder, link) => {
          const page = await changes(folder, link);
          if (page.kind !== "page") return page;
          const told = page.changes.filter((c) => !ids.includes(c.id));
          return { ...page, changes: told };
        };
        return reader;
      },
    },
  });
}

const backFrom = [
  { away: "junkemail", kind: "moved" },
  { away: "recoverableitemsdeletions", kind: "returned" },
];

it.each(backFrom)("a changed count finds a message back from $away that no round told of", async ({ away, kind }) => {
  const silent: string[] = [];
  const { world, mail, box, one, profile } = await archived({ edges: silentAbout(silent) });
  await using _ = world;
  mail.move(box, one, away);
  await world.run(profile);
  silent.push(one);
  mail.move(box, one, "inbox");
  expect(await eventsOf(world, profile)).toMatchObject([{ kind, toPath: "/Inbox" }]);
});

it.each(backFrom)("the weekly comparison finds it when the count is the same", async ({ away, kind }) => {
  const silent: string[] = [];
  const { world, mail, box, one, profile } = await archived({ edges: silentAbout(silent) });
  await using _ = world;
  const other = mail.deliver(box, "inbox", eml("other"));
  mail.move(box, one, away);
  await world.run(profile);
  silent.push(one, other);
  mail.move(box, one, "inbox");
  mail.purge(box, other);
  for (let n = 0; n < 6; n++) {
    world.clock.advance(day);
    expect(await eventsOf(world, profile), "within the week").toEqual([]);
  }
  world.clock.advance(2 * day);
  const events = await eventsOf(world, profile);
  expect(events.map((event) => event.kind).sort()).toEqual([kind, "removed"].sort());
});

it("the weekly comparison asks for nothing that is where the archive believes it", async () => {
  const { world, profile } = await archived();
  await using _ = world;
  world.clock.advance(8 * day);
  world.tenant.resetCounters();
  expect((await world.run(profile)).status).toBe("noChanges");
  expect(world.tenant.requests.filter(({ route }) => route === "GET /users/{user}/messages/{message}")).toEqual([]);
});

it("believes no message gone that was moved to a folder made during the run, hidden folders included", async () => {
  let moveNow: (() => void) | undefined;
  const { world, mail, box, one, profile } = await archived(
    {
      edges: (edges) => ({
        ...edges,
        mail: {
          open(mailbox, options) {
            const reader: MailboxReader = edges.mail.open(mailbox, options);
            const changes = reader.changes.bind(reader);
            reader.changes = async (folder, link) => {
              moveNow?.();
              moveNow = undefined;
              return changes(folder, link);
            };
            return reader;
          },
        },
      }),
    },
    { folders: { hidden: true } },
  );
  await using _ = world;
  moveNow = () => mail.move(box, one, mail.createFolder(box, "New"));
  const events = [...(await eventsOf(world, profile)), ...(await eventsOf(world, profile))];
  expect(events).toMatchObject([{ kind: "moved", toPath: "/New" }]);
});

it("reads the folders inside Recoverable Items at every depth", async () => {
  const { world, mail, box, profile } = await archived({}, { folders: { recoverableItems: true } });
  await using _ = world;
  mail.deliver(box, mail.createFolder(box, "Deleted folder", "recoverableitemsdeletions"), eml("deep"));
  expect((await world.run(profile)).tally.stored).toBe(1);
  const { stored } = await readBack(world.edges.blobs, box);
  expect(stored.at(-1)?.folderPath).toBe("/Recoverable Items/Deletions/Deleted folder");
});
