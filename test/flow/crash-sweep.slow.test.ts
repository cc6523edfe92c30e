// Kills the worker at every call it makes to the outside, before the call happens and after it happened, and goes on with
// another worker. Whatever the moment, what an auditor can read back afterwards equals the calm run, bytes included.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { day } from "../../lib/core/time.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import type { MailboxReader } from "../../lib/ports/mail-source.js";
import { carryOn, workUntilDead } from "../build/a-death.js";
import { aWorld, byId, testStart, type World, type WorldEdges } from "../build/a-world.js";
import { copyStores } from "../build/copy-stores.js";
import { fragile } from "../build/fragile-edges.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

const clock = stoppedClock(testStart);
const valueRoute = "GET /users/{user}/messages/{message}/$value";
type ProfileId = Parameters<World["run"]>[0];

/** What lies before the run that is killed. */
interface Scene {
  tenant: Tenant;
  /** Brings a fresh world to the moment of the run. */
  begin(world: World): Promise<ProfileId>;
}

interface Reading {
  calls: number;
  downloads: number;
  /** Ledger records written by the run. */
  commits: number;
  archive: unknown;
}

function withAttachment(n: number): string {
  const content = Buffer.alloc(6_000, `attachment ${n} `).toString("base64").replace(/.{76}/g, "$&\r\n");
  return `From: a@contoso.example\r\nSubject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}\r\n`;
}

const plain = (n: number) => `From: a@contoso.example\r\nSubject: plain ${n}\r\n\r\nHello ${n}\r\n`;

const aTenant = () => startTenant({ mailboxes: 1, messagesPerMailbox: 0, hugeMessageBytes: 0, now: clock.now });

function poison(tenant: Tenant, message: string): void {
  tenant.faults.set({ rules: [{ message, route: valueRoute, do: { kind: "corrupt" } }] });
}

/** A first archive: new mail, the same attachment twice, one message that cannot be had. */
async function firstRun(): Promise<Scene> {
  const tenant = await aTenant();
  const box = tenant.mailboxes.list()[0]?.id ?? "";
  for (const n of [1, 2, 3]) tenant.mailboxes.deliver(box, "inbox", withAttachment(n));
  tenant.mailboxes.deliver(box, "sentitems", withAttachment(1));
  poison(tenant, tenant.mailboxes.deliver(box, "inbox", withAttachment(9)));
  return { tenant, begin: (world) => world.profile() };
}

/** A later run that meets a change of every kind, and takes several commits. */
async function secondRun(): Promise<Scene> {
  const tenant = await aTenant();
  const mail = tenant.mailboxes;
  const box = mail.list()[0]?.id ?? "";
  const deliver = (n: number, folder = "inbox") => mail.deliver(box, folder, { eml: plain(n), isRead: false });
  const [moved, junked, purged, flagged, rewritten, filed] = [1, 2, 3, 4, 5, 6].map((n) => deliver(n)) as [
    ...[string, string, string, string, string, string],
  ];
  const folder = mail.createFolder(box, "Doomed");
  deliver(7, folder);
  await using before = await aWorld({ shared: tenant, clock });
  const profile = await before.profile();
  await before.run(profile);
  mail.move(box, moved, "archive");
  mail.move(box, junked, "junkemail");
  mail.purge(box, purged);
  mail.flag(box, flagged, "flagged");
  mail.editDraft(box, rewritten, withAttachment(5));
  mail.move(box, filed, folder);
  mail.move(box, filed, "archive");
  mail.deleteFolder(box, folder);
  mail.expireDeltaTokens(box, "inbox");
  for (let n = 10; n < 18; n++) deliver(n, n % 2 === 0 ? "inbox" : "sentitems");
  poison(tenant, deliver(20, "archive"));
  const stores = before.edges;
  return {
    tenant,
    async begin(world) {
      await copyStores(stores, world.edges);
      return profile;
    },
  };
}

/** Two messages spoil every page they are on; of one of them Graph gives the id. Another has left, and one is new. */
async function spoiltRun(): Promise<Scene> {
  const tenant = await aTenant();
  const mail = tenant.mailboxes;
  await using before = await aWorld({ shared: tenant, clock });
  const { id: box } = before.mailbox();
  const deliver = (n: number) =>
    mail.deliver(box, "inbox", { eml: withAttachment(n), receivedAt: new Date(testStart.getTime() + n * 60_000) });
  const ids = [1, 2, 3, 4].map(deliver);
  const profile = await before.profile();
  await before.run(profile);
  mail.purge(box, ids[1] ?? "");
  const [named, nameless] = [5, 6, 7, 8].map(deliver);
  tenant.faults.set({
    rules: [
      { lists: named ?? "", idsOnly: false, do: { kind: "gateway-timeout" } },
      { lists: nameless ?? "", do: { kind: "truncated-json" } },
    ],
  });
  const stores = before.edges;
  return {
    tenant,
    async begin(world) {
      await copyStores(stores, world.edges);
      return profile;
    },
  };
}

/** A later run of a profile with a filter: messages that waited, wherever they are now, and some that it does not take. */
async function filteredRun(): Promise<Scene> {
  const tenant = await aTenant();
  const mail = tenant.mailboxes;
  const box = mail.list()[0]?.id ?? "";
  const start = clock.now().getTime();
  const deliver = (n: number, more: { daysAgo?: number; isRead?: boolean } = {}) => {
    const { daysAgo = 20, isRead = true } = more;
    return mail.deliver(box, "inbox", { eml: plain(n), isRead, receivedAt: new Date(start - daysAgo * day) });
  };
  const [, moved, purged, deleted, junked, bad] = [1, 2, 3, 4, 5, 6].map((n) => deliver(n)) as string[];
  const [unread, old] = [deliver(7, { isRead: false }), deliver(8, { daysAgo: 40, isRead: false })];
  deliver(9, { daysAgo: 40 });
  await using before = await aWorld({ shared: tenant, clock });
  const profile = await before.profile({ filter: { olderThanDays: 30, read: "read" } });
  await before.run(profile);
  clock.advance(11 * day);
  mail.move(box, moved ?? "", "archive");
  mail.purge(box, purged ?? "");
  mail.remove(box, deleted ?? "");
  mail.move(box, junked ?? "", "junkemail");
  mail.markRead(box, unread);
  mail.flag(box, old, "flagged");
  for (let n = 10; n < 14; n++) deliver(n, { daysAgo: 5, isRead: n % 2 === 0 });
  for (let n = 14; n < 18; n++) deliver(n, { daysAgo: 40 });
  poison(tenant, bad ?? "");
  const stores = before.edges;
  return {
    tenant,
    async begin(world) {
      await copyStores(stores, world.edges);
      return profile;
    },
  };
}

/** Downloads take so long that a batch grows old, and is committed, after a few of them. */
function slowly(edges: WorldEdges, pulse: () => Promise<void>): WorldEdges {
  const open: WorldEdges["mail"]["open"] = (mailbox, options) => {
    const reader: MailboxReader = edges.mail.open(mailbox, options);
    const mime = reader.mime.bind(reader);
    reader.mime = async (id) => {
      clock.advance(5_000);
      await pulse();
      return mime(id);
    };
    return reader;
  };
  return { ...edges, mail: { open } };
}

/** One run with a death at call `failAt`, carried on by healthy workers; then what can be read back. */
async function reading({ tenant, begin }: Scene, failAt: number, when: "before" | "after"): Promise<Reading> {
  const fault: Fault = { calls: 0, failAt, when, dead: true };
  await using world = await aWorld({ shared: tenant, clock });
  const dying: World = await aWorld({
    shared: tenant,
    clock,
    stores: world,
    edges: (edges) =>
      fragile(
        slowly(edges, () => dying.pulse()),
        fault,
      ),
  });
  const profile = await begin(world);
  tenant.resetCounters();
  clock.advance(1_000);
  const { run } = await world.app.profiles.run(profile);
  await workUntilDead(dying, fault);
  await dying[Symbol.asyncDispose]();
  await carryOn(world);
  const downloads = tenant.requests.filter(({ route }) => route === valueRoute).length;
  const { records } = await readBack(world.edges.blobs, world.mailbox().id);
  const commits = records.filter((record) => record.run === run.id).length;
  return { calls: fault.calls, downloads, commits, archive: await audit(world, run.id) };
}

async function audit(world: World, runId: string) {
  const { id } = world.mailbox();
  const { stored, records } = await readBack(world.edges.blobs, id);
  const run = await world.app.runs.get(runId as never);
  const quarantine = await world.app.mailboxes.quarantine(id);
  const second = await world.run(run.profile as never);
  return {
    stored: stored.sort(byContent),
    chained: records.every((record, i) => record.seq === i + 1),
    catalog: await catalog(world),
    status: run.status,
    counts: { ...run.tally, known: 0, seen: 0, moved: run.moved, removed: run.removed, changed: run.changed },
    skipped: run.skipped,
    waiting: await waiting(world),
    quarantine: quarantine.map(({ id, reason }) => ({ id, reason })),
    afterwards: { status: second.status, stored: second.tally.stored },
  };
}

const byContent = (a: { id: string; sha256: string }, b: { id: string; sha256: string }) =>
  byId({ id: `${a.id} ${a.sha256}` }, { id: `${b.id} ${b.sha256}` });

/** Where the archive says each message is, and how it is marked. */
async function catalog(world: World) {
  const found: object[] = [];
  for await (const { row, values } of world.edges.rows.scan("messages", world.mailbox().id, { from: "t_", to: "t`" })) {
    const { folderId, removedAt, flag, subject } = values;
    found.push({ row, folderId, isRemoved: removedAt !== "", flag, subject });
  }
  return found;
}

/** What the profile will take once it is due. */
async function waiting(world: World) {
  const rows: string[] = [];
  for await (const { row } of world.edges.rows.scan("quarantine", `${world.mailbox().id}_waiting`)) rows.push(row);
  return rows;
}

/** At most the batch being committed and the one that fills meanwhile are downloaded again, and what was on its way. */
const downloadedAgain = 14;

const scenes = [
  {
    name: "a first run",
    build: firstRun,
    expected: { status: "succeededWithGaps", counts: { stored: 4 } },
    commits: 1,
    step: 1,
  },
  {
    name: "a run with changes of every kind",
    build: secondRun,
    // A rewritten message and eight new ones.
    expected: { status: "succeededWithGaps", counts: { stored: 9, moved: 3, removed: 2, changed: 1, quarantined: 1 } },
    commits: 2,
  },
  {
    name: "a run around a spoilt page",
    build: spoiltRun,
    expected: { status: "succeededWithGaps", counts: { stored: 3, removed: 1, quarantined: 0 } },
    commits: 1,
  },
  {
    name: "a run with a filter",
    build: filteredRun,
    expected: {
      status: "succeededWithGaps",
      counts: { stored: 7, gone: 2, quarantined: 1, skipped: 6 },
      skipped: { FOLDER_NOT_CHOSEN: 1, IS_UNREAD: 3, NOT_OLD_ENOUGH: 2 },
    },
    commits: 1,
  },
];

describe.each(scenes)("$name", ({ build, expected, commits }) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await build();
  });
  afterAll(() => scene.tenant.close());

  it.each(["before", "after"] as const)(
    "killed %s any call, reaches the same archive",
    async (when) => {
      const calm = await reading(scene, Number.POSITIVE_INFINITY, when);
      expect(calm.archive).toMatchObject(expected);
      expect(calm.calls).toBeGreaterThan(40);
      expect(calm.commits).toBeGreaterThanOrEqual(commits);
      for (let failAt = 1; failAt <= calm.calls; failAt++) {
        const killed = await reading(scene, failAt, when);
        expect(killed.archive, `killed ${when} call ${failAt}`).toEqual(calm.archive);
        expect(killed.downloads, `killed ${when} call ${failAt}`).toBeLessThanOrEqual(calm.downloads + downloadedAgain);
      }
    },
    300_000,
  );
});
