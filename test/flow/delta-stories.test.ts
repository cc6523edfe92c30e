// What people do to their mail between two runs, and what the archive must say afterwards. Each story begins with one
// archived mailbox; only the fetches named may happen.
import { expect, it } from "vitest";
import type { LedgerEvent } from "../../lib/ledger/record.js";
import type { MailboxControl } from "../../lib/local/tenant/control.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const eml = (subject: string) =>
  `From: a@contoso.example\r\nTo: b@contoso.example\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

interface Story {
  name: string;
  act(mail: MailboxControl, box: string, inbox: [string, ...string[]]): void | Promise<void>;
  status: string;
  /** Kinds of the events recorded by the second run. */
  events: LedgerEvent["kind"][];
  /** How many messages the second run downloads. */
  fetched: number;
}

const stories: Story[] = [
  { name: "nothing", act() {}, status: "noChanges", events: [], fetched: 0 },
  {
    name: "a message arrives",
    act: (m, b) => void m.deliver(b, "inbox", eml("new")),
    status: "succeeded",
    events: [],
    fetched: 1,
  },
  { name: "moved", act: (m, b, [x]) => m.move(b, x, "archive"), status: "succeeded", events: ["moved"], fetched: 0 },
  {
    name: "moved away and back",
    act(m, b, [x]) {
      m.move(b, x, "archive");
      m.move(b, x, "inbox");
    },
    status: "noChanges",
    events: [],
    fetched: 0,
  },
  {
    name: "arrives, is moved away and back",
    act(m, b) {
      const id = m.deliver(b, "inbox", eml("wanderer"));
      m.move(b, id, "archive");
      m.move(b, id, "inbox");
    },
    status: "succeeded",
    events: [],
    fetched: 1,
  },
  {
    name: "moved to a folder not archived",
    act: (m, b, [x]) => m.move(b, x, "junkemail"),
    status: "succeeded",
    events: ["moved"],
    fetched: 0,
  },
  {
    name: "deleted, still recoverable",
    act: (m, b, [x]) => m.remove(b, x),
    status: "succeeded",
    events: ["removed"],
    fetched: 0,
  },
  { name: "purged", act: (m, b, [x]) => m.purge(b, x), status: "succeeded", events: ["removed"], fetched: 0 },
  {
    name: "arrives and is purged",
    act: (m, b) => m.purge(b, m.deliver(b, "inbox", eml("short"))),
    status: "noChanges",
    events: [],
    fetched: 0,
  },
  {
    name: "marked read",
    act: (m, b, [x]) => m.markRead(b, x, true),
    status: "succeeded",
    events: ["changed"],
    fetched: 0,
  },
  {
    name: "flagged",
    act: (m, b, [x]) => m.flag(b, x, "flagged"),
    status: "succeeded",
    events: ["changed"],
    fetched: 0,
  },
  {
    name: "categorised",
    act: (m, b, [x]) => m.categorise(b, x, ["Red"]),
    status: "succeeded",
    events: ["changed"],
    fetched: 0,
  },
  { name: "delta tokens expire", act: (m, b) => m.expireDeltaTokens(b), status: "noChanges", events: [], fetched: 0 },
  {
    name: "tokens expire after a purge",
    act(m, b, [x]) {
      m.purge(b, x);
      m.expireDeltaTokens(b);
    },
    status: "succeeded",
    events: ["removed"],
    fetched: 0,
  },
  {
    name: "tokens expire after a move",
    act(m, b, [x]) {
      m.move(b, x, "archive");
      m.expireDeltaTokens(b);
    },
    status: "succeeded",
    events: ["moved"],
    fetched: 0,
  },
];

it.each(stories)("$name", async (story) => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const { id } = world.mailbox();
  const inbox: [string, ...string[]] = [deliverUnread(world, id, "one"), deliverUnread(world, id, "two")];
  const profile = await world.profile();
  await world.run(profile);
  const before = await readBack(world.edges.blobs, id);
  world.tenant.resetCounters();
  await story.act(world.tenant.mailboxes, id, inbox);

  const run = await world.run(profile);

  const after = await readBack(world.edges.blobs, id);
  const events = after.records.slice(before.records.length).flatMap((record) => record.events);
  expect(run.status).toBe(story.status);
  expect(events.map(({ kind }) => kind)).toEqual(story.events);
  expect(fetches(world)).toBe(story.fetched);
  expect(after.stored.length).toBe(before.stored.length + story.fetched);
  expect(world.tenant.counters()).toMatchObject({ unknownRoutes: [], concurrencyViolations: 0 });
  const third = await world.run(profile);
  expect(third.status, "the run after it").toBe("noChanges");
});

const deliverUnread = (world: World, box: string, subject: string) =>
  world.tenant.mailboxes.deliver(box, "inbox", { eml: eml(subject), isRead: false });

const fetches = (world: World) => world.tenant.requests.filter(({ route }) => route.endsWith("$value")).length;
