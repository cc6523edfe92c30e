// Deleting after proof: what goes, how a rule is switched on, and what is written down of both.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadApplied } from "../../lib/catalog/messages.js";
import { sha256 } from "../../lib/core/digest.js";
import { messageKey } from "../../lib/core/ids.js";
import { day } from "../../lib/core/time.js";
import { appendRecord, readRecord } from "../../lib/ledger/journal.js";
import type { LedgerRecord } from "../../lib/ledger/record.js";
import { deliverOld, dryRun, events, partOf, placeOf, plain, put, rule, switchedOn } from "../build/a-deletion.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";

const empty = { tenant: { messagesPerMailbox: 0 } };
const key = (id: string) => messageKey(id as never);
const detail = (world: World, id: string) => world.app.messages.get(world.mailbox().id, key(id));

describe("a rule that is on", () => {
  it.each([
    ["moveToDeletedItems", "/Deleted Items"],
    ["delete", "/Deletions"],
    ["permanentDelete", "/Purges"],
  ] as const)("%s: proven mail goes, with one receipt each", async (action, place) => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 5);
    const young = world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", {
      eml: plain(9),
      receivedAt: world.clock.now(),
    });
    const { profile, dry } = await switchedOn(world, { action });
    expect(dry.deletion).toMatchObject({
      dryRun: true,
      candidates: 6,
      wouldDelete: 5,
      deleted: 0,
      notDeleted: { tooYoung: 1 },
    });
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", problems: [] });
    expect(run.deletion).toMatchObject({
      dryRun: false,
      candidates: 6,
      deleted: 5,
      wouldDelete: 0,
      notDeleted: { tooYoung: 1 },
    });
    const target =
      action === "moveToDeletedItems"
        ? world.tenant.mailboxes.folders(world.mailbox().id).find(({ wellKnown }) => wellKnown === "deleteditems")?.path
        : place;
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => target));
    expect(placeOf(world, young)).toBe("/Inbox");
    const receipts = await events(world, "deleted");
    expect(receipts.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await events(world, "kept")).toEqual([]);
    const { stored } = await readBack(world.edges.blobs, world.mailbox().id);
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ action, run: run.id });
      expect(stored.find(({ id }) => id === receipt.id)?.sha256).toBe(receipt.sha256);
    }
    expect(await detail(world, ids[0] as string)).toMatchObject({
      removedAtSourceAt: expect.any(String),
      removedAtSourceBy: "mailkeep",
    });

    // The rounds that report the removals say nothing new, and nothing is deleted twice.
    world.clock.advance(day);
    const next = await world.run(profile);
    expect(next).toMatchObject({ status: "noChanges", problems: [], moved: 0, removed: 0, deletion: { deleted: 0 } });
    expect(next.tally.seen).toBe(
      next.tally.stored + next.tally.known + next.tally.gone + next.tally.skipped + next.tally.quarantined,
    );
    expect(await events(world, "deleted")).toHaveLength(5);
    expect(await detail(world, ids[0] as string)).toMatchObject({
      removedAtSourceAt: receipts[0]?.at,
      removedAtSourceBy: "mailkeep",
    });
  });
});

describe("switching a rule on", () => {
  const refusal = (code: string) => expect.objectContaining({ reason: code });

  it("needs a dry run of the very same rule, not older than 30 days", async () => {
    await using world = await aWorld(empty);
    deliverOld(world, 1);
    await expect(world.profile({ deletion: { ...rule, dryRun: false } })).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
    const fresh = await world.profile({ deletion: rule });
    await expect(put(world, fresh)).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
    const { profile } = await dryRun(world);
    for (const other of [{ action: "permanentDelete" }, { olderThanDays: 89 }, { graceDays: 0 }, { maxPerRun: 501 }])
      await expect(put(world, profile, other), JSON.stringify(other)).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
    const folders = { include: ["/Inbox"], exclude: [], hidden: false, recoverableItems: false };
    await expect(put(world, profile, {}, { folders })).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
    world.clock.advance(31 * day);
    await expect(put(world, profile)).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
    await world.run(profile);
    await put(world, profile);
    // On, it stays on: a new name is no new rule.
    world.clock.advance(60 * day);
    await put(world, profile, {}, { name: "Renamed" });
    await put(world, profile, { dryRun: true });
    await expect(put(world, profile)).rejects.toEqual(refusal("DRY_RUN_REQUIRED"));
  });

  it("needs an identity that may write", async () => {
    await using world = await aWorld({ ...empty, edges: ({ writer: _, ...edges }) => edges });
    await expect(world.profile({ deletion: rule })).rejects.toMatchObject({
      reason: "WRITER_IDENTITY_REQUIRED",
      field: "deletion",
      message: expect.stringContaining("WRITER_CLIENT_ID"),
    });
  });
});

it("is verified with the rest of the archive, by the product and without it", async () => {
  await using world = await aWorld(empty);
  deliverOld(world, 3);
  const { profile } = await switchedOn(world, { action: "moveToDeletedItems" });
  await world.run(profile);
  await world.run(profile);
  const { id } = await world.app.verify.request({ depth: "full" });
  await world.settle();
  expect(await world.app.verify.get(id as never)).toMatchObject({ status: "succeeded", findings: { count: 0 } });
  expect(await verifiedAlone(world)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("All of it is as it was stored"),
  });
  // Regrown from the ledger alone, the catalog still says who deleted what.
  const before = await world.app.messages.list(world.mailbox().id, {});
  for (const place of Object.keys(world.edges.rows.dump())) {
    const [table, partition, row] = place.split("/") as ["messages", string, string];
    if (table === "messages") await world.edges.rows.delete(table, { partition, row });
  }
  await world.app.mailboxes.regrow(world.mailbox().id);
  expect(await world.app.messages.list(world.mailbox().id, {})).toEqual(before);
  expect(before.value.map(({ removedAtSourceBy }) => removedAtSourceBy)).toEqual(["mailkeep", "mailkeep", "mailkeep"]);
});

it("says so without the product, too, when a receipt is forged", async () => {
  await using world = await aWorld(empty);
  deliverOld(world, 1);
  const { profile } = await switchedOn(world);
  await world.run(profile);
  const [receipt] = await events(world, "deleted");
  const { head } = await loadApplied(world.edges.rows, world.mailbox().id);
  const last = (await readRecord(world.edges.blobs, world.mailbox().id, head.seq))?.record as LedgerRecord;
  const forged = { ...(receipt as NonNullable<typeof receipt>), sha256: sha256(Buffer.from("never stored")) };
  const record = { ...last, seq: head.seq + 1, previous: head.sha256, pack: null, stored: [], events: [forged] };
  await appendRecord(world.edges.blobs, record);
  const { status, stdout } = await verifiedAlone(world);
  expect(status).toBe(1);
  expect(stdout).toMatch(/DAMAGED receipt-stray.*\n.*DAMAGED receipt-differs/);
});

/** A copy of the container, checked by the one file that needs nothing else. */
async function verifiedAlone(world: World) {
  const folder = mkdtempSync(join(tmpdir(), "mailkeep-deletion-"));
  for (const name of world.edges.blobs.names()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), (await world.edges.blobs.get(name)).bytes);
  }
  const script = join(import.meta.dirname, "../../lib/verify/mailkeep-verify.mjs");
  const { status, stdout } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return { status, stdout };
}

describe("a run that takes long", () => {
  it("goes on where the last invocation stopped", async () => {
    let isStopped = false;
    await using world = await aWorld({
      ...empty,
      edges: (edges) => ({
        ...edges,
        writer: {
          open(mailbox, options) {
            const writer = (edges.writer as NonNullable<typeof edges.writer>).open(mailbox, options);
            const remove = writer.remove.bind(writer);
            writer.remove = (...args) => {
              if (!isStopped) world.app.stop();
              isStopped = true;
              return remove(...args);
            };
            return writer;
          },
        },
      }),
    });
    const ids = deliverOld(world, 130);
    const { profile } = await switchedOn(world);
    const { run } = await world.app.profiles.run(profile);
    while (!isStopped) await world.app.work(world.queue.receive() ?? "");
    const midway = await partOf(world, run.id);
    expect(midway).toMatchObject({ status: "running", deletion: { deleted: 100, candidates: 100 } });
    await using next = await aWorld({ shared: world.tenant, clock: world.clock, stores: world });
    await next.settle();
    const ended = await next.app.runs.get(run.id as never);
    expect(ended).toMatchObject({ status: "succeeded", deletion: { candidates: 130, deleted: 130, notDeleted: {} } });
    expect(new Set((await events(world, "deleted")).map(({ id }) => id))).toEqual(new Set(ids));
  });

  it("stops at once when it is cancelled", async () => {
    let cancel = async () => {};
    await using world = await aWorld({
      ...empty,
      edges: (edges) => ({
        ...edges,
        writer: {
          open(mailbox, options) {
            const writer = (edges.writer as NonNullable<typeof edges.writer>).open(mailbox, options);
            const remove = writer.remove.bind(writer);
            writer.remove = async (...args) => {
              await cancel();
              return remove(...args);
            };
            return writer;
          },
        },
      }),
    });
    deliverOld(world, 60);
    const { profile } = await switchedOn(world);
    const { run } = await world.app.profiles.run(profile);
    cancel = async () => {
      await world.app.runs.cancel(run.id as never);
    };
    await world.settle();
    const ended = await world.app.runs.get(run.id as never);
    expect(ended).toMatchObject({ status: "cancelled", deletion: { deleted: 20 } });
    expect(await events(world, "deleted")).toHaveLength(20);
  });
});
