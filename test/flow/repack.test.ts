// Many small packs become few: by a plan that a person can read, with every message where it can be read at every moment.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { day } from "../../lib/core/time.js";
import { ExportInput } from "../../lib/export/selection.js";
import { ledgerName, repackOf } from "../../lib/ledger/record.js";
import { proveMessage } from "../../lib/verify/proof.js";
import { apply, deliverPacks, eml, expectWhole, packsOf, plan, verified } from "../build/a-packed-mailbox.js";
import { aWorld, type World, type WorldEdges } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import { aVerifier } from "../unit/verify/a-verifier.js";

async function aScene(packs = 9, edges?: (edges: WorldEdges) => WorldEdges) {
  const world = await aWorld({ tenant: { messagesPerMailbox: 0 }, ...(edges && { edges }) });
  const profile = await deliverPacks(world, packs);
  return { world, profile, box: world.mailbox().id, small: packsOf(world) };
}

async function repacked(packs = 9) {
  const scene = await aScene(packs);
  await apply(scene.world, await plan(scene.world, "repack"));
  return scene;
}

/** The packs that are replaced are removed when their grace period is over. */
async function swept(packs = 9) {
  const scene = await repacked(packs);
  scene.world.clock.advance(8 * day);
  const outcome = await apply(scene.world, await plan(scene.world, "orphans"));
  expect(outcome).toMatchObject({ status: "succeeded", found: { count: packs }, kept: {} });
  return scene;
}

it("says what would be joined, changes nothing, and joins just that when the plan is applied", async () => {
  const { world, box, small } = await aScene();
  await using _ = world;
  const before = world.edges.blobs.names();
  const planned = await plan(world, "repack");
  expect(planned).toMatchObject({ status: "succeeded", found: { count: 9 }, made: { count: 1 }, truncated: false });
  const items = (await world.app.housekeeping.items(planned.id, { limit: 10 })).value;
  expect(items).toMatchObject([{ kind: "mailbox", mailbox: box, packs: 9, into: 1, messages: 18, state: "planned" }]);
  expect(world.edges.blobs.names()).toEqual(before);
  const applied = await apply(world, planned);
  expect(applied).toMatchObject({ status: "succeeded", found: planned.found, made: { count: 1 }, kept: {} });
  expect(packsOf(world)).toHaveLength(small.length + 1);
  await expectWhole(world);
  await expectWhole(world, "chain");
  expect((await plan(world, "repack")).found.count).toBe(0);
});

it("leaves few packs as they are", async () => {
  const { world } = await aScene(7);
  await using _ = world;
  expect(await plan(world, "repack")).toMatchObject({ found: { count: 0 }, made: { count: 0 } });
});

it("keeps what is replaced for the grace period, and everything is whole without it", async () => {
  const { world, box, profile, small } = await repacked();
  await using _ = world;
  world.clock.advance(6 * day);
  expect((await plan(world, "orphans")).found.count).toBe(0);
  world.clock.advance(2 * day);
  const outcome = await apply(world, await plan(world, "orphans"));
  expect(outcome).toMatchObject({ status: "succeeded", found: { count: small.length }, kept: {} });
  expect(packsOf(world)).toHaveLength(1);
  await expectWhole(world);
  await expectWhole(world, "chain");
  world.tenant.resetCounters();
  expect((await world.run(profile)).status).toBe("noChanges");
  const { records } = await readBack(world.edges.blobs, box);
  for (const { stored } of records)
    for (const { key } of stored) expect(await proveMessage(world.edges, box, key)).toMatchObject({ complete: true });
});

it("counts each message once, whether its first pack is still there or not", async () => {
  const { world } = await repacked();
  await using _ = world;
  expect((await verified(world)).read.messages).toBe(18);
  world.clock.advance(8 * day);
  await apply(world, await plan(world, "orphans"));
  expect((await verified(world)).read.messages).toBe(18);
});

it("is verified in steps of any length, a record and a few messages at a time", async () => {
  const { world } = await aScene();
  await using _ = world;
  await apply(world, await plan(world, "repack"));
  const steps = () => aVerifier(world.edges, 0).verify();
  const sound = { status: "succeeded", findings: { count: 0 } };
  expect(await steps()).toMatchObject({ ...sound, read: { records: 10, packs: 10, messages: 18 } });
  world.clock.advance(8 * day);
  await apply(world, await plan(world, "orphans"));
  expect(await steps()).toMatchObject({ ...sound, read: { records: 10, packs: 1, messages: 18 } });
  world.edges.blobs.tamper(packsOf(world)[0] as string, undefined);
  expect((await steps()).findings.kept).toMatchObject([{ code: "pack-missing", seq: 10 }]);
});

it("regrows the same tables from the ledger alone", async () => {
  const { world, box, profile } = await swept();
  await using _ = world;
  const tables = ["messages", "cursors", "quarantine"] as const;
  const dump = () =>
    Object.entries(world.edges.rows.dump()).filter(([name]) => /^(messages|cursors|quarantine)/.test(name));
  const before = dump();
  expect(before.length).toBeGreaterThan(18);
  for (const table of tables) world.edges.rows.lose(table);
  await world.app.mailboxes.regrow(box);
  expect(dump()).toEqual(before);
  expect((await world.run(profile)).status).toBe("noChanges");
  await expectWhole(world);
});

it("joins what was joined once more, with what came since", async () => {
  const { world } = await swept(8);
  await using _ = world;
  const { id: box } = world.mailbox();
  const profile = (await world.app.profiles.list())[0]?.profile.id as never;
  for (let n = 100; n < 108; n++) {
    world.tenant.mailboxes.deliver(box, "inbox", eml(n));
    await world.run(profile);
  }
  expect(await apply(world, await plan(world, "repack"))).toMatchObject({ found: { count: 9 }, made: { count: 1 } });
  await expectWhole(world);
  world.clock.advance(8 * day);
  expect(await apply(world, await plan(world, "orphans"))).toMatchObject({ found: { count: 9 }, kept: {} });
  expect(packsOf(world)).toHaveLength(1);
  await expectWhole(world);
});

it("misses a pack that nothing replaced, and one that took the place of others", async () => {
  const { world } = await swept();
  await using _ = world;
  world.edges.blobs.tamper(packsOf(world)[0] as string, undefined);
  const told = await verified(world);
  expect(told.status).toBe("findings");
  expect(told.findings.kept.map(({ code, seq }) => [code, seq])).toEqual([["pack-missing", 10]]);
  expect((await verified(world, "chain")).findings.kept.map(({ code }) => code)).toEqual(["pack-missing"]);
});

it("joins nothing where a pack is gone, which stays a finding", async () => {
  const { world, small } = await aScene();
  await using _ = world;
  world.edges.blobs.tamper(small[3] as string, undefined);
  const applied = await apply(world, await plan(world, "repack"));
  expect(applied).toMatchObject({ status: "succeeded", found: { count: 0 }, kept: { damaged: 9 } });
  expect(packsOf(world)).toHaveLength(small.length - 1);
  expect((await verified(world)).findings.kept).toMatchObject([{ code: "pack-missing", seq: 4 }]);
});

it("joins nothing where a message does not come back as it was stored", async () => {
  const { world, small } = await aScene();
  await using _ = world;
  const { blobs } = world.edges;
  blobs.tamper(blobs.names().find((name) => name.startsWith("attachments/")) as string, Buffer.from("another"));
  const before = blobs.names();
  expect(await apply(world, await plan(world, "repack"))).toMatchObject({ made: { count: 0 }, kept: { damaged: 9 } });
  expect(blobs.names()).toEqual(before);
  expect(packsOf(world)).toEqual(small);
});

it("leaves what is replaced when what replaced it is damaged", async () => {
  const { world, small } = await repacked();
  await using _ = world;
  const made = packsOf(world).find((name) => !small.includes(name)) as string;
  world.clock.advance(8 * day);
  const planned = await plan(world, "orphans");
  const bytes = Uint8Array.from((await world.edges.blobs.get(made)).bytes);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  world.edges.blobs.tamper(made, bytes);
  expect(await apply(world, planned)).toMatchObject({ found: { count: 0 }, kept: { replacementDamaged: 9 } });
  expect(packsOf(world)).toEqual(expect.arrayContaining(small));
  expect(new Set((await verified(world)).findings.kept.map(({ seq }) => seq))).toEqual(new Set([10]));
});

it("reads again from the newest place when the pack goes between the look-up and the reading", async () => {
  let before: (() => Promise<void>) | undefined;
  const { world, box } = await aScene(9, (edges) => ({
    ...edges,
    blobs: new Proxy(edges.blobs, {
      get: (target, name) =>
        name === "getRange" && before !== undefined
          ? async (...args: Parameters<typeof target.getRange>) => {
              const first = before;
              before = undefined;
              await first?.();
              return target.getRange(...args);
            }
          : Reflect.get(target, name).bind(target),
    }),
  }));
  await using _ = world;
  const { value } = await world.app.messages.list(box, {} as never);
  const key = value[0]?.key as never;
  before = async () => {
    await apply(world, await plan(world, "repack"));
    world.clock.advance(8 * day);
    await apply(world, await plan(world, "orphans"));
    expect(packsOf(world)).toHaveLength(1);
  };
  const body = await (await world.app.messages.eml(box, key)).open();
  for await (const _ of body);
  expect(before).toBeUndefined();
});

it("exports a plan that is older than the joining", async () => {
  const { world, box } = await aScene();
  await using _ = world;
  const { id } = await world.app.exports.create(ExportInput.parse({ format: "eml-zip", mailboxes: [box] }));
  await apply(world, await plan(world, "repack"));
  world.clock.advance(8 * day);
  await apply(world, await plan(world, "orphans"));
  await world.settle();
  expect(await world.app.exports.get(id as never)).toMatchObject({ status: "succeeded", exported: { messages: 18 } });
});

it("waits for a mailbox that somebody works on", async () => {
  const { world, box } = await aScene();
  await using _ = world;
  const planned = await plan(world, "repack");
  const until = world.clock.now().getTime() + 40_000;
  await world.edges.rows.upsert(
    "claims",
    { partition: box, row: "claim" },
    { holder: "x", until, history: '{"slots":[]}' },
  );
  const applied = await apply(world, planned);
  expect(applied).toMatchObject({ status: "succeeded", found: { count: 9 } });
});

it("takes no message along whose row leads to a later copy of it", async () => {
  const { world, box, small } = await aScene();
  await using _ = world;
  const planned = await plan(world, "repack");
  for await (const { row, values } of world.edges.rows.scan("messages", box, { from: "t_", to: "t`" }))
    if (values.seq === 5) await world.edges.rows.upsert("messages", { partition: box, row }, { ...values, pack: "x" });
  expect(await apply(world, planned)).toMatchObject({ found: { count: 8 } });
  const { records } = await readBack(world.edges.blobs, box);
  const names = records.flatMap((record) => repackOf(record)?.replaced.map(({ name }) => name) ?? []);
  expect(names).toHaveLength(8);
  expect(names.some((name) => small[4]?.endsWith(name))).toBe(false);
});

const folder = mkdtempSync(join(tmpdir(), "mailkeep-repack-"));
const script = join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs");

async function alone(world: World) {
  const copy = mkdtempSync(join(folder, "copy-"));
  for (const name of world.edges.blobs.names()) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    writeFileSync(join(copy, name), (await world.edges.blobs.get(name)).bytes);
  }
  const { status, stdout } = spawnSync(process.execPath, [script, copy], { encoding: "utf8" });
  return { status, stdout };
}

it("is proved by the verifier that stands alone, with and without the replaced packs", {
  timeout: 60_000,
}, async () => {
  const { world, box } = await repacked();
  await using _ = world;
  expect(await alone(world)).toMatchObject({ status: 0, stdout: expect.stringContaining("10 packs, 18 messages") });
  world.clock.advance(8 * day);
  await apply(world, await plan(world, "orphans"));
  expect(await alone(world)).toMatchObject({ status: 0, stdout: expect.stringContaining("1 packs, 18 messages") });
  world.edges.blobs.tamper(ledgerName(box, 10), undefined);
  const { status, stdout } = await alone(world);
  expect([status, stdout.match(/pack-missing/g)?.length]).toEqual([1, 9]);
  rmSync(folder, { recursive: true, force: true });
});
