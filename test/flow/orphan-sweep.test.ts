// What nothing refers to is removed, after a plan that a person can read; what anybody needs by then is not.
import { expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { MailkeepError } from "../../lib/core/errors.js";
import { day, hour } from "../../lib/core/time.js";
import { attachmentPath } from "../../lib/ledger/record.js";
import type { MailboxReader } from "../../lib/ports/mail-source.js";
import { aWorld, byId, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const content = (n: number | string) => Buffer.alloc(6_000, `attachment ${n} `);
const eml = (n: number | string) =>
  `From: a@contoso.example\r\nSubject: m${n}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content(n)
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")}\r\n`;
const attachment = (n: number | string) => attachmentPath(sha256(content(n)));
const plain = { contentType: "application/octet-stream" };

/** Two archived messages, an attachment and a pack that nothing refers to, and eight days gone by. */
async function aScene(edges?: (edges: WorldEdges) => WorldEdges) {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 }, ...(edges && { edges }) });
  const { id: box } = world.mailbox();
  const deliver = (n: number | string) => world.tenant.mailboxes.deliver(box, "inbox", eml(n));
  for (const n of [1, 2]) deliver(n);
  const profile = await world.profile();
  await world.run(profile);
  const { blobs } = world.edges;
  const pack = `mailboxes/${box}/packs/00000009-0123456789abcdef.zip`;
  await blobs.putIfAbsent(attachment("lost"), content("lost"), plain);
  await blobs.putIfAbsent(pack, content("pack"), plain);
  world.clock.advance(8 * day);
  return { world, box, deliver, profile, blobs, pack };
}

const wish = { kind: "orphans", dryRun: true, graceDays: 7 } as const;

async function plan(world: World, change: object = {}) {
  const { id } = await world.app.housekeeping.request({ ...wish, ...change });
  await world.settle();
  return world.app.housekeeping.get(id);
}

async function apply(world: World, { id }: { id: Parameters<World["app"]["housekeeping"]["get"]>[0] }) {
  const applied = await world.app.housekeeping.request({ ...wish, dryRun: false, plan: id });
  await world.settle();
  return world.app.housekeeping.get(applied.id);
}

const items = async (world: World, { id }: { id: Parameters<World["app"]["housekeeping"]["get"]>[0] }) =>
  (await world.app.housekeeping.items(id, { limit: 100 })).value;

async function expectWhole(world: World): Promise<void> {
  const { id } = world.mailbox();
  const { stored } = await readBack(world.edges.blobs, id);
  expect(stored.map(({ id, sha256 }) => ({ id, sha256 })).sort(byId)).toEqual(world.wanted(id));
}

it("says what would go, removes nothing, and removes just that when the plan is applied", async () => {
  const { world, blobs, pack } = await aScene();
  await using _ = world;
  const before = blobs.names();
  const planned = await plan(world);
  expect(planned).toMatchObject({ status: "succeeded", found: { count: 2, bytes: 12_000 } });
  expect(await items(world, planned)).toMatchObject([
    { kind: "attachment", name: attachment("lost"), why: "unreferenced", state: "planned" },
    { kind: "pack", name: pack, why: "unreferenced", state: "planned" },
  ]);
  expect(blobs.names()).toEqual(before);
  const applied = await apply(world, planned);
  expect(applied).toMatchObject({ status: "succeeded", found: { count: 2 }, kept: {} });
  expect(before.filter((name) => !blobs.names().includes(name))).toEqual([attachment("lost"), pack].sort());
  expect((await items(world, applied)).map(({ state }) => state)).toEqual(["removed", "removed"]);
  await expectWhole(world);
  expect((await plan(world)).found.count).toBe(0);
});

it("leaves alone what is young", async () => {
  const { world, blobs } = await aScene();
  await using _ = world;
  await blobs.putIfAbsent(attachment("young"), content("young"), plain);
  expect((await plan(world)).found.count).toBe(2);
  expect((await plan(world, { graceDays: 0 })).found.count).toBe(3);
  expect((await plan(world, { graceDays: 9 })).found.count).toBe(0);
});

it("keeps an attachment that a message needs since the plan", async () => {
  const { world, deliver, profile, blobs } = await aScene();
  await using _ = world;
  const planned = await plan(world);
  deliver("lost");
  await world.run(profile);
  expect(await apply(world, planned)).toMatchObject({ found: { count: 1 }, kept: { rescued: 1 } });
  expect(blobs.names()).toContain(attachment("lost"));
  expect((await items(world, planned))[0]).toMatchObject({ state: "kept", detail: "rescued" });
  await expectWhole(world);
});

/** A worker that stops before it commits what it has put, until told to go on. */
function stalling() {
  const stall = {
    armed: false,
    reached: Promise.withResolvers<void>(),
    go: Promise.withResolvers<void>(),
    rescued: Promise.withResolvers<void>(),
  };
  const edges = (given: WorldEdges): WorldEdges => ({
    ...given,
    rows: {
      ...given.rows,
      async replace(table, key, values, etag) {
        const written = await given.rows.replace(table, key, values, etag);
        if (values.state === "rescued") stall.rescued.resolve();
        return written;
      },
    },
    mail: {
      open(mailbox, options) {
        const reader: MailboxReader = given.mail.open(mailbox, options);
        const mime = reader.mime.bind(reader);
        let asked = 0;
        reader.mime = async (id) => {
          if (stall.armed && ++asked === 2) {
            stall.reached.resolve();
            await stall.go.promise;
          }
          return mime(id);
        };
        return reader;
      },
    },
  });
  return { stall, edges };
}

it("waits for workers that were there before the plan was ready, and keeps what they commit", async () => {
  const { stall, edges } = stalling();
  const { world, deliver, profile, blobs } = await aScene(edges);
  await using _ = world;
  for (const n of ["lost", "later"]) deliver(n);
  stall.armed = true;
  const { run } = await world.app.profiles.run(profile);
  const working = world.settle();
  await stall.reached.promise;
  const planned = await world.app.housekeeping.request(wish);
  await world.app.housekeeping.work(planned.id);
  const applied = await world.app.housekeeping.request({ ...wish, dryRun: false, plan: planned.id });
  await world.app.housekeeping.work(applied.id);
  expect(await world.app.housekeeping.get(applied.id)).toMatchObject({ status: "waiting", found: { count: 0 } });
  expect(blobs.names()).toContain(attachment("lost"));
  stall.go.resolve();
  await working;
  await world.settle();
  expect((await world.app.runs.get(run.id as never)).status).toBe("succeeded");
  expect(await world.app.housekeeping.get(applied.id)).toMatchObject({ status: "succeeded", kept: { referenced: 1 } });
  await expectWhole(world);
});

it("lets a writer that begins later rescue what it needs, though it has not committed yet", async () => {
  const { stall, edges } = stalling();
  const { world, deliver, profile, blobs } = await aScene(edges);
  await using _ = world;
  const planned = await plan(world);
  for (const n of ["lost", "later"]) deliver(n);
  stall.armed = true;
  await world.app.profiles.run(profile);
  const working = world.settle();
  await Promise.all([stall.reached.promise, stall.rescued.promise]);
  const applied = await world.app.housekeeping.request({ ...wish, dryRun: false, plan: planned.id });
  await world.app.housekeeping.work(applied.id);
  // The pack's mailbox is at work: its turn comes later.
  expect(await world.app.housekeeping.get(applied.id)).toMatchObject({ status: "waiting", found: { count: 0 } });
  expect(blobs.names()).toContain(attachment("lost"));
  expect((await items(world, planned))[0]).toMatchObject({ state: "kept", detail: "rescued" });
  stall.go.resolve();
  await working;
  await world.settle();
  expect(await world.app.housekeeping.get(applied.id)).toMatchObject({ status: "succeeded", found: { count: 1 } });
  await expectWhole(world);
});

it("is not believed by a process that remembers having stored what was removed", async () => {
  let full = false;
  const { world, deliver, profile, blobs } = await aScene((edges) => ({
    ...edges,
    blobs: {
      ...edges.blobs,
      async putIfAbsent(name, ...rest) {
        if (full && name.includes("/packs/")) throw new MailkeepError("corrupt", "no pack today");
        return edges.blobs.putIfAbsent(name, ...rest);
      },
    },
  }));
  await using _ = world;
  full = true;
  deliver("remembered");
  expect((await world.run(profile)).status).toBe("failed");
  expect(blobs.names()).toContain(attachment("remembered"));
  full = false;
  world.clock.advance(8 * day);
  await apply(world, await plan(world));
  expect(blobs.names()).not.toContain(attachment("remembered"));
  expect((await world.run(profile)).status).toBe("succeeded");
  await expectWhole(world);
});

it("names what a policy protects, and goes on", async () => {
  const { world, blobs, pack } = await aScene();
  await using _ = world;
  blobs.protect(pack);
  const planned = await plan(world);
  expect(await apply(world, planned)).toMatchObject({
    status: "succeeded",
    found: { count: 1 },
    kept: { protected: 1 },
  });
  expect((await items(world, planned))[1]).toMatchObject({ name: pack, state: "kept", detail: "protected" });
});

it("plans nothing while a ledger cannot be read to its end", async () => {
  const { world, box, blobs, deliver, profile } = await aScene();
  await using _ = world;
  deliver(3);
  await world.run(profile);
  blobs.tamper(`mailboxes/${box}/ledger/00000001.json.gz`, undefined);
  expect(await plan(world)).toMatchObject({
    status: "failed",
    problem: { code: "LEDGER_CHAIN_BROKEN" },
    found: { count: 0 },
  });
});

it("applies no plan that is old, superseded, not ready, or none", async () => {
  const { world } = await aScene();
  await using _ = world;
  const first = await plan(world);
  const refused = (id: typeof first.id | undefined) =>
    world.app.housekeeping.request({ ...wish, dryRun: false, plan: id });
  await expect(refused(undefined)).rejects.toMatchObject({ reason: "PLAN_MISSING", field: "plan" });
  const second = await world.app.housekeeping.request(wish);
  await expect(refused(second.id)).rejects.toMatchObject({ reason: "HOUSEKEEPING_UNDER_WAY" });
  await world.settle();
  const superseded = await apply(world, first);
  expect(superseded).toMatchObject({ status: "failed", problem: { code: "PLAN_STALE" }, found: { count: 0 } });
  world.clock.advance(25 * hour);
  await expect(refused(second.id)).rejects.toMatchObject({ reason: "PLAN_STALE" });
});

it("hands on what it knows of references when time is up", async () => {
  const { world, blobs } = await aScene((edges) => ({
    ...edges,
    removal: {
      ...edges.removal,
      list: (prefix, after) => {
        // Each list takes so long that the invocation ends behind it.
        world_.clock?.advance(6 * 60_000);
        return edges.removal.list(prefix, after);
      },
    },
  }));
  await using _ = world;
  world_.clock = world.clock;
  const kept: string[] = [];
  const { exports } = world.edges;
  const put = exports.putIfAbsent.bind(exports);
  exports.putIfAbsent = (name, ...rest) => {
    kept.push(name);
    return put(name, ...rest);
  };
  const planned = await plan(world);
  expect(planned).toMatchObject({ status: "succeeded", found: { count: 2 } });
  expect(kept.length).toBeGreaterThan(0);
  expect(await Promise.all(kept.map((name) => exports.exists(name)))).not.toContain(true);
  expect(blobs.names()).toContain(attachment(1));
});

const world_: { clock?: World["clock"] } = {};
