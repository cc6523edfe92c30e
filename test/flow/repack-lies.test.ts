// Records that join packs and do not tell the truth: whatever they leave out or alter is found, and excuses no missing pack.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { encodeRecord } from "../../lib/ledger/codec.js";
import { readRecord } from "../../lib/ledger/journal.js";
import { ledgerName, packName, packPath, repackOf } from "../../lib/ledger/record.js";
import type { Repacked } from "../../lib/ledger/repacked.js";
import { merkleRoot } from "../../lib/pack/merkle.js";
import { readPack } from "../../lib/pack/reader.js";
import { openPack } from "../../lib/pack/writer.js";
import { deliverOld, switchedOn } from "../build/a-deletion.js";
import { apply, deliverPacks, packsOf, plan, verified } from "../build/a-packed-mailbox.js";
import { aWorld, type World } from "../build/a-world.js";
import { copyStores } from "../build/copy-stores.js";

const seq = 9;
let honest: World;
beforeAll(async () => {
  honest = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  await deliverPacks(honest, 8);
  await apply(honest, await plan(honest, "repack"));
}, 30_000);
afterAll(() => honest[Symbol.asyncDispose]());

/** The archive with another last record, whose pack holds what it says, and without the packs it replaces. */
async function lying(change: (told: Repacked) => Repacked) {
  const world = await aWorld({ shared: honest.tenant, clock: honest.clock });
  await copyStores(honest.edges, world.edges);
  const { blobs } = world.edges;
  const box = world.mailbox().id;
  const record = (await readRecord(blobs, box, seq))?.record;
  const told = record && repackOf(record);
  if (record === undefined || told === undefined) throw new Error("nothing was joined");
  const skeletons = new Map<string, Uint8Array>();
  const old = packPath(box, told.pack.name);
  for await (const { record: message, skeleton } of readPack((await blobs.get(old)).bytes))
    skeletons.set(message.key, skeleton);
  const next = change(structuredClone(told));
  const pack = openPack();
  for (const message of next.messages) await pack.add(message, skeletons.get(message.key) ?? new Uint8Array());
  const sealed = await pack.seal();
  const name = packName(seq, sealed.sha256);
  const { bytes, stored } = sealed;
  const facts = { name, sha256: sealed.sha256, size: bytes.length, merkleRoot: sealed.merkleRoot };
  for (const gone of packsOf(world)) blobs.tamper(gone, undefined);
  await blobs.putIfAbsent(packPath(box, name), bytes, { contentType: "application/zip" });
  const forged = encodeRecord({ ...record, events: [{ ...next, pack: facts, messages: stored }] });
  blobs.tamper(ledgerName(box, seq), forged.bytes);
  expect(facts.merkleRoot).toBe(merkleRoot(stored.map((message) => message.sha256)));
  await world.edges.rows.upsert(
    "messages",
    { partition: box, row: "h" },
    {
      ...(await world.edges.rows.get("messages", { partition: box, row: "h" }))?.values,
      sha256: sha256(forged.bytes),
    },
  );
  return world;
}

const lies: Record<string, (told: Repacked) => Repacked> = {
  "leaves a message out": (told) => ({ ...told, messages: told.messages.slice(0, -1) }),
  "leaves the messages of a pack out": (told) => ({ ...told, messages: told.messages.slice(2) }),
  "tells a message twice in place of another": (told) => ({
    ...told,
    messages: [...told.messages.slice(0, -1), told.messages[0] as (typeof told.messages)[0]],
  }),
  "alters a subject": (told) => ({
    ...told,
    messages: told.messages.map((message) => ({ ...message, subject: "another" })),
  }),
  "names a pack by another hash": (told) => ({
    ...told,
    replaced: told.replaced.map((one) => ({ ...one, sha256: sha256(Buffer.from("x")) })),
  }),
  "names a pack that no record named": (told) => ({
    ...told,
    replaced: told.replaced.map((one) => ({ ...one, seq: one.seq === 8 ? 7 : one.seq + 1 })),
  }),
};

describe.each(Object.entries(lies))("a record that %s", { timeout: 30_000 }, (_, change) => {
  it.each(["full", "chain"] as const)(
    "is found by a verification of depth %s, and so is each missing pack",
    async (depth) => {
      await using world = await lying(change);
      const { status, findings } = await verified(world, depth);
      expect(status).toBe("findings");
      const codes = findings.kept.map(({ code }) => code);
      expect(codes.filter((code) => code === "pack-missing")).toHaveLength(8);
      expect(codes.some((code) => code === "repack-differs" || code === "stored-list-wrong")).toBe(true);
    },
  );

  it("is found by the verifier that stands alone", async () => {
    await using world = await lying(change);
    const copy = mkdtempSync(join(tmpdir(), "mailkeep-lies-"));
    for (const name of world.edges.blobs.names()) {
      mkdirSync(dirname(join(copy, name)), { recursive: true });
      writeFileSync(join(copy, name), (await world.edges.blobs.get(name)).bytes);
    }
    const script = join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs");
    const { status, stdout } = spawnSync(process.execPath, [script, copy], { encoding: "utf8" });
    rmSync(copy, { recursive: true, force: true });
    expect([status, stdout.match(/pack-missing/g)?.length]).toEqual([1, 8]);
  });
});

it("a row that still leads to a replaced pack is found", async () => {
  await using world = await aWorld({ shared: honest.tenant, clock: honest.clock });
  await copyStores(honest.edges, world.edges);
  const box = world.mailbox().id;
  const first = (await readRecord(world.edges.blobs, box, 1))?.record;
  for await (const { row, values } of world.edges.rows.scan("messages", box, { from: "t_", to: "t`" }))
    if (values.seq === 1 && values.entryName === "m/1.eml")
      await world.edges.rows.upsert(
        "messages",
        { partition: box, row },
        { ...values, pack: first?.pack?.name as string, entryOffset: first?.stored[0]?.entry.offset as number },
      );
  expect((await verified(world)).findings.kept.map(({ code }) => code)).toContain("catalog-differs");
});

it("mail that was moved to another pack is proven from there before it is deleted", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const archiving = await world.profile();
  for (let n = 0; n < 8; n++) {
    deliverOld(world, 2);
    await world.run(archiving);
  }
  await apply(world, await plan(world, "repack"));
  for (const name of packsOf(world).slice(0, 8)) world.edges.blobs.tamper(name, undefined);
  const { profile } = await switchedOn(world);
  expect(await world.run(profile)).toMatchObject({ status: "succeeded", deletion: { deleted: 16 } });
});

it("mail whose new pack is damaged is not deleted, whatever lies in its first one", async () => {
  await using world = await aWorld({ tenant: { messagesPerMailbox: 0 } });
  const archiving = await world.profile();
  for (let n = 0; n < 8; n++) {
    deliverOld(world, 2);
    await world.run(archiving);
  }
  await apply(world, await plan(world, "repack"));
  world.edges.blobs.tamper(packsOf(world)[8] as string, undefined);
  const { profile } = await switchedOn(world);
  expect(await world.run(profile)).toMatchObject({ deletion: { deleted: 0, notDeleted: { damaged: 16 } } });
});
