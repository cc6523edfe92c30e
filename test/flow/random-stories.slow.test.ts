// Random lives of a mailbox, with runs, deaths and faults between what its user does. Whatever happened, after calm runs
// the archive holds every message that was there at the end or at any complete run, once for each of its contents, and
// says of each where it is now.
import { expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import { day, hour, minute } from "../../lib/core/time.js";
import { checkChain } from "../../lib/ledger/chain.js";
import { ledgerPrefix } from "../../lib/ledger/record.js";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import { type AFilter, aFilter, wantedNow } from "../build/a-filter.js";
import { aUser, type Dice, dice } from "../build/a-story.js";
import { aWorld, type World } from "../build/a-world.js";
import { fragile } from "../build/fragile-edges.js";
import { readBack } from "../build/read-back.js";
import type { Fault } from "../fakes/faulty.js";

type ProfileId = Parameters<World["run"]>[0];

interface Story {
  world: World;
  profile: ProfileId;
  roll: Dice;
  /** What the profile takes of what is where it reads: everything, in half of the stories. */
  filter: AFilter;
  box: World["mailbox"] extends () => infer M ? (M extends { id: infer I } ? I : never) : never;
  /** Contents that a complete run found where it reads. */
  mustHave: Map<string, { id: string; sha256: string }>;
}

const value = "GET /users/{user}/messages/{message}/$value";
const facts = "GET /users/{user}/messages/{message}";
const delta = "GET /users/{user}/mailFolders/{folder}/messages/delta";

const weathers: FaultRule[][] = [
  [],
  [{ rate: 0.1, do: { kind: "unavailable", body: "empty" } }],
  [{ route: value, rate: 0.2, do: { kind: "cut" } }],
  [{ route: value, rate: 0.3, do: { kind: "corrupt" } }],
  [{ route: [value, facts], rate: 0.2, do: { kind: "status", status: 418, code: "ErrorTeapot" } }],
  [{ route: value, rate: 0.1, do: { kind: "gone" } }],
  [{ route: delta, withToken: true, every: 9, do: { kind: "resync", shape: "410-empty" } }],
  [{ every: 11, do: { kind: "throttled", retryAfterSeconds: 3 } }],
  [{ route: delta, every: 7, do: { kind: "unavailable", body: "json" } }],
  [{ every: 150, do: { kind: "throttled", retryAfterSeconds: 900 } }],
];

const complete = new Set(["succeeded", "noChanges"]);

async function calmRun({ world, profile, box, filter, mustHave }: Story): Promise<string> {
  const wanted = wantedNow(world, box, filter);
  const run = await world.run(profile);
  const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === box);
  expect(part?.tally.seen, "the tally adds up").toBe(
    Object.entries(part?.tally ?? {}).reduce((sum, [name, count]) => (name === "seen" ? sum : sum + count), 0),
  );
  if (complete.has(part?.status ?? "")) for (const one of wanted) mustHave.set(`${one.id} ${one.sha256}`, one);
  return `${part?.status}`;
}

/** A worker that dies at some call, or whose storage fails it once; others carry on. */
async function troubledRun(story: Story, dead: boolean): Promise<string> {
  const { world, profile, roll } = story;
  const error = dead ? {} : { error: () => new MailkeepError("unavailable", "storage is busy") };
  const when = roll.pick(["before", "after"] as const) ?? "before";
  const fault: Fault = { calls: 0, failAt: 1 + roll.below(150), when, dead, ...error };
  const other = await aWorld({
    shared: world.tenant,
    clock: world.clock,
    stores: world,
    edges: (e) => fragile(e, fault),
  });
  world.clock.advance(1_000);
  await world.app.profiles.run(profile);
  for (let item = other.queue.receive(); item !== undefined; item = other.queue.receive()) {
    const fails = await other.app.work(item).then(
      () => false,
      () => true,
    );
    if (fails) await world.queue.send(item, { delayMs: minute });
    if (dead && fault.calls >= fault.failAt) break;
  }
  await other[Symbol.asyncDispose]();
  for (let round = 0; round < 3; round++) {
    await world.settle();
    world.clock.advance(5 * minute);
    await world.app.tidy();
  }
  await world.settle();
  return `failed at call ${fault.failAt} of ${fault.calls} (${when}${dead ? ", dead" : ""})`;
}

async function step(story: Story, act: () => string): Promise<string> {
  const { world, roll } = story;
  switch (roll.below(14)) {
    case 0:
      return `run: ${await calmRun(story)}`;
    case 1: {
      const rules = roll.pick(weathers) ?? [];
      world.tenant.faults.set({ rules });
      const status = await calmRun(story);
      world.tenant.faults.set({ rules: [] });
      return `run in bad weather ${JSON.stringify(rules)}: ${status}`;
    }
    case 2:
      return `run: ${await troubledRun(story, roll.below(3) > 0)}`;
    case 3:
      world.clock.advance(roll.pick([hour, 8 * day, minute]) ?? hour);
      return "time passes";
    default:
      return act();
  }
}

async function expectTrue(story: Story): Promise<void> {
  const { world, box, mustHave, profile } = story;
  const { stored, records } = await readBack(world.edges.blobs, box);
  const keys = records.flatMap((record) => record.stored.map(({ key }) => key));
  expect(new Set(keys).size, "nothing is stored twice").toBe(keys.length);
  const have = new Set(stored.map(({ id, sha256 }) => `${id} ${sha256}`));
  expect(
    [...mustHave.keys()].filter((one) => !have.has(one)),
    "nothing is lost",
  ).toEqual([]);
  expect(await world.app.mailboxes.quarantine(box), "nothing is owed").toEqual([]);
  await expectWhereabouts(story);
  const names = world.edges.blobs.names().filter((name) => name.startsWith(ledgerPrefix(box)));
  const ledger = await Promise.all(
    names.map(async (name) => ({ name, bytes: (await world.edges.blobs.get(name)).bytes })),
  );
  expect(checkChain(ledger)).toEqual([]);
  expect(world.tenant.counters()).toMatchObject({ unknownRoutes: [], concurrencyViolations: 0 });
  const before = world.edges.rows.dump();
  for (const table of ["messages", "quarantine"] as const) world.edges.rows.lose(table);
  await world.app.mailboxes.regrow(box);
  const ofCatalog = (dump: object) => Object.entries(dump).filter(([key]) => /^(messages|quarantine)/.test(key));
  expect(ofCatalog(world.edges.rows.dump()), "the ledger alone gives the same catalog").toEqual(ofCatalog(before));
  expect((await world.run(profile)).status).toBe("noChanges");
}

/** The newest content of each message is where the mailbox has it, as it has it, or is marked as removed. */
async function expectWhereabouts({ world, box, filter }: Story): Promise<void> {
  const newest = new Map<string, { version: number; values: Record<string, unknown> }>();
  for await (const { values } of world.edges.rows.scan("messages", box, { from: "t_", to: "t`" })) {
    const version = Number(values.version);
    if (version > (newest.get(String(values.id))?.version ?? 0)) newest.set(String(values.id), { version, values });
  }
  const wanted = new Set(world.wanted(box).map(({ id }) => id));
  const taken = new Set(wantedNow(world, box, filter).map(({ id }) => id));
  const there = new Map(world.tenant.mailboxes.inventory(box).map((message) => [message.id, message]));
  const unread = new Set(
    world.tenant.mailboxes.folders(box).flatMap(({ id, wellKnown }) => (wellKnown === "junkemail" ? [id] : [])),
  );
  for (const [id, { values }] of newest) {
    const now = there.get(id);
    const archived = { folderId: String(values.folderId), removed: values.removedAt !== "", subject: values.subject };
    // What happens inside a folder that nobody reads, nobody sees.
    const unseen = unread.has(archived.folderId) && !archived.removed;
    if (wanted.has(id)) expect(archived, id).toMatchObject({ folderId: now?.folderId, removed: false });
    else if (now !== undefined && unread.has(now.folderId)) expect(unseen || archived.removed, id).toBe(true);
    else expect(unseen || archived.removed, `${now?.subject ?? id} has left`).toBe(true);
    // New content that the filter does not take is not archived.
    if (taken.has(id))
      expect({ ...archived, isRead: values.isRead }).toMatchObject({ subject: now?.subject, isRead: now?.isRead });
  }
}

// STORY=17 STORIES=1 tells one story again; STORIES=500 tells many.
const seeds = Array.from({ length: Number(process.env.STORIES ?? 15) }, (_, n) => n + Number(process.env.STORY ?? 1));

it.each(seeds)("story %i", { timeout: 60_000 }, async (seed) => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const box = world.mailbox().id;
  const roll = dice(`story ${seed}`);
  world.tenant.faults.set({
    delta: {
      repeatItems: roll.below(2) === 0,
      awayAndBackIsRemoved: roll.below(3) > 0,
      partialReadState: roll.below(2) === 0,
    },
  });
  const filter = roll.below(2) === 0 ? {} : aFilter(roll);
  const profile = await world.profile({ filter });
  const story: Story = { world, profile, roll, filter, box, mustHave: new Map() };
  const user = aUser(world.tenant.mailboxes, box, roll);
  for (let n = 0; n < 8; n++) user.deliver();
  const told: string[] = [JSON.stringify(filter)];
  try {
    for (let n = 0; n < 40; n++) told.push(await step(story, user.act));
    for (let calm = 0; calm < 3; calm++) {
      world.clock.advance(8 * day);
      told.push(await calmRun(story));
    }
    await expectTrue(story);
  } catch (error) {
    throw new Error(`story ${seed}\n${told.join("\n")}`, { cause: error });
  }
});
