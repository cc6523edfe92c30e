// Deleting after proof: what goes, what stays, and what is written down of both.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadApplied } from "../../lib/catalog/messages.js";
import { sha256 } from "../../lib/core/digest.js";
import { MailkeepError } from "../../lib/core/errors.js";
import { messageKey } from "../../lib/core/ids.js";
import { day } from "../../lib/core/time.js";
import { appendRecord, readRecord } from "../../lib/ledger/journal.js";
import type { LedgerRecord } from "../../lib/ledger/record.js";
import {
  deliverOld,
  dryRun,
  events,
  listed,
  longAgo,
  partOf,
  placeOf,
  plain,
  put,
  rule,
  switchedOn,
} from "../build/a-deletion.js";
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

describe("nothing is deleted", () => {
  const untouched = async (world: World, ids: string[]) => {
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
    expect(await events(world, "deleting")).toEqual([]);
    expect(world.tenant.requests.filter(({ method }) => method !== "GET" && method !== "POST")).toEqual([]);
  };

  it("before the grace days have passed", async () => {
    await using world = await aWorld(empty);
    deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const [late] = deliverOld(world, 1);
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 2, notDeleted: { inGrace: 1 } });
    expect(placeOf(world, late as string)).toBe("/Inbox");
  });

  it("of a mailbox on hold, whichever hold it is", async () => {
    for (const holds of [
      { litigationHold: true },
      { inPlaceHolds: ["mbxabc:1"] },
      { complianceTagHold: true },
      { delayHold: true },
    ]) {
      await using world = await aWorld(empty);
      const ids = deliverOld(world, 2);
      const { profile } = await switchedOn(world);
      world.tenant.mailboxes.changePerson(world.mailbox().id, { holds } as never);
      const run = await world.run(profile);
      expect(run, JSON.stringify(holds)).toMatchObject({
        status: "noChanges",
        deletion: { notDeleted: { onHold: 2 } },
      });
      await untouched(world, ids);
    }
  });

  it("of a mailbox under a retention policy for the whole organisation, unless it is left out of it", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const policy = "mbx7cfb30345d454ac0a989ab3041051209";
    world.tenant.mailboxes.holdOrganization([`${policy}:2`, "grp1a0a132ee8944501a4bb6a452ec31171:3"]);
    const held = await world.run(profile);
    expect(held).toMatchObject({ status: "noChanges", deletion: { notDeleted: { onHold: 2 } } });
    await untouched(world, ids);
    world.tenant.mailboxes.hold(world.mailbox().id, { inPlaceHolds: [`-${policy}`] });
    expect(await world.run(profile)).toMatchObject({ deletion: { deleted: 2, notDeleted: {} } });
  });

  it("where the policies of the organisation cannot be read for now; without the right to, the run says so", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const route = "POST /adminapi/InvokeCommand Get-OrganizationConfig";
    world.tenant.faults.set({ rules: [{ route, do: { kind: "unavailable" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeededWithGaps", deletion: { notDeleted: { holdUnknown: 2 } } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([
      { code: "HOLD_UNKNOWN", message: expect.stringContaining("Get-OrganizationConfig") },
    ]);
    await untouched(world, ids);
    world.tenant.faults.set({ rules: [{ route, do: { kind: "forbidden" } }] });
    const bare = await world.run(profile);
    expect(bare.deletion).toMatchObject({ deleted: 2, notDeleted: {}, policiesUnread: true });
  });

  it("where Exchange does not say whether there is a hold", async () => {
    const { world, ids, profile } = await deaf();
    await using _ = world;
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeededWithGaps", deletion: { notDeleted: { holdUnknown: 2 } } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([{ code: "HOLD_UNKNOWN" }]);
    await untouched(world, ids);
  });

  it("beyond the cap of the run, over all its mailboxes", async () => {
    await using world = await aWorld({ tenant: { messagesPerMailbox: 0, mailboxes: 2 } });
    deliverOld(world, 30);
    const second = world.mailbox(1).id;
    for (let n = 0; n < 30; n++)
      world.tenant.mailboxes.deliver(second, "inbox", { eml: plain(n), receivedAt: longAgo });
    const { profile, dry } = await switchedOn(world, { maxPerRun: 45 });
    expect(dry.deletion).toMatchObject({ wouldDelete: 45, notDeleted: { capSpent: 15 } });
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ candidates: 60, deleted: 45, notDeleted: { capSpent: 15 } });
    const next = await world.run(profile);
    expect(next.deletion).toMatchObject({ candidates: 15, deleted: 15 });
  });

  it("of what was flagged, edited or moved out of the choice since it was archived", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 5) as [string, string, string, string, string];
    const { profile } = await switchedOn(world);
    const { id } = world.mailbox();
    world.tenant.mailboxes.flag(id, ids[0]);
    world.tenant.mailboxes.categorise(id, ids[1], ["Keep"]);
    world.tenant.mailboxes.editDraft(id, ids[2], plain(77).replace("plain 77", "m2"));
    world.tenant.mailboxes.move(id, ids[3], "junkemail");
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 1, notDeleted: { changed: 3 } });
    expect(placeOf(world, ids[4])).toBe("/Deletions");
    expect((await listed(world, run.id)).map(({ outcome, cause }) => [outcome, cause]).sort()).toEqual([
      ["deleted", null],
      ["kept", "changed"],
      ["kept", "changed"],
      ["kept", "changed"],
    ]);
  });

  it("that was brought back after we deleted it", async () => {
    await using world = await aWorld(empty);
    const [id] = deliverOld(world, 1) as [string];
    const { profile } = await switchedOn(world);
    await world.run(profile);
    world.tenant.mailboxes.move(world.mailbox().id, id, "inbox");
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { deletedBefore: 1 } });
    expect(placeOf(world, id)).toBe("/Inbox");
    expect(await detail(world, id)).toMatchObject({ removedAtSourceAt: null, removedAtSourceBy: null });
  });

  it("in a folder that could not be read", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const folder = world.tenant.mailboxes
      .folders(world.mailbox().id)
      .find(({ wellKnown }) => wellKnown === "inbox")?.id;
    const route = "GET /users/{user}/mailFolders/{folder}/messages/delta";
    world.tenant.faults.set({ rules: [{ route, folder: folder as string, do: { kind: "forbidden" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({
      status: "succeededWithGaps",
      deletion: { deleted: 0, notDeleted: { folderNotRead: 2 } },
    });
    await untouched(world, ids);
  });

  it("once the rule was taken back", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    const { run } = await world.app.profiles.run(profile);
    await put(world, profile, { dryRun: true });
    await world.settle();
    expect(await world.app.runs.get(run.id as never)).toMatchObject({ deletion: { notDeleted: { ruleChanged: 2 } } });
    await untouched(world, ids);
  });

  it("where Graph refuses, and only one is tried", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 30);
    const { profile } = await switchedOn(world);
    world.tenant.faults.set({
      rules: [{ route: "DELETE /users/{user}/messages/{message}", do: { kind: "forbidden" } }],
    });
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { refused: 30 } });
    expect((await partOf(world, run.id))?.problems).toMatchObject([{ code: "WRITER_RIGHT_MISSING" }]);
    expect(ids.map((id) => placeOf(world, id))).toEqual(ids.map(() => "/Inbox"));
    expect(await events(world, "kept")).toHaveLength(20);
  });

  /** Exchange's administration does not answer any more. */
  async function deaf() {
    let isDeaf = false;
    const world = await aWorld({
      ...empty,
      edges: (edges) => ({
        ...edges,
        exchange: {
          ...edges.exchange,
          holds: async (mailbox) => {
            if (isDeaf) throw new MailkeepError("forbidden", "no role in Exchange");
            return edges.exchange.holds(mailbox);
          },
        },
      }),
    });
    const ids = deliverOld(world, 2);
    const { profile } = await switchedOn(world);
    isDeaf = true;
    return { world, ids, profile };
  }
});

describe("read or moved since, and the same bytes", () => {
  it("is still what was archived", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2) as [string, string];
    const { profile } = await switchedOn(world);
    world.tenant.mailboxes.markRead(world.mailbox().id, ids[0], false);
    world.tenant.mailboxes.move(world.mailbox().id, ids[1], "archive");
    const run = await world.run(profile);
    expect(run.deletion).toMatchObject({ deleted: 2, notDeleted: {} });
  });

  it("is so as well when Graph told of the change without its new key", async () => {
    await using world = await aWorld(empty);
    world.tenant.faults.set({ delta: { partialChangeKey: false } });
    const [id] = deliverOld(world, 1) as [string];
    const { profile } = await switchedOn(world);
    world.tenant.mailboxes.markRead(world.mailbox().id, id, false);
    const run = await world.run(profile);
    expect(run).toMatchObject({ changed: 1, deletion: { deleted: 1, notDeleted: {} } });
  });
});

describe("what changed, or comes as other bytes, is archived as it is now", () => {
  /** Runs until the grace days of what was just archived have passed. */
  const afterGrace = async (world: World, profile: Parameters<World["run"]>[0]) => {
    world.clock.advance(6 * day);
    expect((await world.run(profile)).deletion).toMatchObject({ deleted: 0, notDeleted: { inGrace: 1 } });
    world.clock.advance(2 * day);
    return world.run(profile);
  };

  it.each([
    [
      "read, and rendered anew by Exchange",
      (world: World, id: string) => {
        world.tenant.faults.set({ rerenderMime: true });
        world.tenant.mailboxes.markRead(world.mailbox().id, id, false);
      },
    ],
    ["flagged", (world: World, id: string) => world.tenant.mailboxes.flag(world.mailbox().id, id)],
    ["categorised", (world: World, id: string) => world.tenant.mailboxes.categorise(world.mailbox().id, id, ["Keep"])],
  ])("%s: and goes when its grace days have passed again", async (_, act) => {
    await using world = await aWorld(empty);
    const eml = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=boundary-one\r\n${plain(1).replace("\r\n\r\n", "\r\n\r\n--boundary-one\r\n\r\n")}--boundary-one--\r\n`;
    const id = world.tenant.mailboxes.deliver(world.mailbox().id, "inbox", { eml, receivedAt: longAgo, isRead: true });
    const { profile } = await switchedOn(world);
    act(world, id);
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "succeeded", problems: [], tally: { stored: 1 } });
    expect(run.deletion).toMatchObject({ deleted: 0, notDeleted: { changed: 1 } });
    expect(await listed(world, run.id)).toMatchObject([{ outcome: "kept", cause: "changed", code: "ARCHIVED_ANEW" }]);
    expect(placeOf(world, id)).toBe("/Inbox");
    const last = await afterGrace(world, profile);
    expect(last.deletion).toMatchObject({ deleted: 1, notDeleted: {} });
    const { records } = await readBack(world.edges.blobs, world.mailbox().id);
    const stored = records.flatMap((record) => record.stored);
    expect(stored.map(({ version }) => version)).toEqual([1, 2]);
    const [receipt] = await events(world, "deleted");
    expect(receipt).toMatchObject({ changeKey: stored[1]?.changeKey, sha256: stored[1]?.sha256 });
    const { id: check } = await world.app.verify.request({ depth: "full" });
    await world.settle();
    expect(await world.app.verify.get(check as never)).toMatchObject({ status: "succeeded", findings: { count: 0 } });
  });

  it("in a run of its own: without grace days, too, the next one deletes it", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 3) as [string, string, string];
    const { profile } = await switchedOn(world, { graceDays: 0 });
    world.tenant.mailboxes.flag(world.mailbox().id, ids[1]);
    const run = await world.run(profile);
    expect(run).toMatchObject({ problems: [], deletion: { candidates: 3, deleted: 2, notDeleted: { changed: 1 } } });
    world.tenant.mailboxes.hold(world.mailbox().id, { litigationHold: true });
    const held = await world.run(profile);
    expect(held.deletion, "the version before it is no message of its own").toMatchObject({
      notDeleted: { onHold: 1 },
    });
    world.tenant.mailboxes.hold(world.mailbox().id, { litigationHold: false });
    expect((await world.run(profile)).deletion).toMatchObject({ deleted: 1, notDeleted: {} });
  });

  it("unless the profile's filter does not choose it any more", async () => {
    await using world = await aWorld(empty);
    const [id] = deliverOld(world, 1) as [string];
    const deletion = { ...rule, dryRun: true };
    const profile = await world.profile({ deletion, filter: { flag: "notFlagged" } });
    await world.run(profile);
    world.clock.advance(8 * day);
    await world.run(profile);
    await put(world, profile);
    world.tenant.mailboxes.flag(world.mailbox().id, id);
    const run = await world.run(profile);
    expect(run).toMatchObject({ tally: { stored: 0 }, deletion: { deleted: 0, notDeleted: { notChosen: 1 } } });
  });

  it("when it can be had: until then it stays as it was", async () => {
    await using world = await aWorld(empty);
    const ids = deliverOld(world, 2) as [string, string];
    const { profile } = await switchedOn(world);
    for (const id of ids) world.tenant.mailboxes.flag(world.mailbox().id, id);
    const route = "GET /users/{user}/messages/{message}/$value";
    world.tenant.faults.set({ rules: [{ route, message: ids[0], do: { kind: "corrupt" } }] });
    const run = await world.run(profile);
    expect(run).toMatchObject({ tally: { stored: 1 }, deletion: { deleted: 0, notDeleted: { changed: 2 } } });
    expect((await listed(world, run.id)).map(({ code }) => code).sort()).toEqual(["ARCHIVED_ANEW", null]);
    world.tenant.faults.clear();
    expect(await world.run(profile)).toMatchObject({
      tally: { stored: 1 },
      deletion: { notDeleted: { changed: 1, inGrace: 1 } },
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
