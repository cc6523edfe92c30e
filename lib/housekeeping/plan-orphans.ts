// The plan of a sweep: every blob that no committed ledger record needs. Removes nothing.
import { gunzipSync, gzipSync } from "node:zlib";
import { attachmentRow, changeSweep, loadSweep } from "../catalog/sweep.js";
import { Sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import { day, minute } from "../core/time.js";
import { packedBy, packPath, repackOf } from "../ledger/record.js";
import type { RemovableBlob } from "../ports/blob-removal.js";
import { type Housekeeping, type Item, isOpen, mostItems, sweepLivesMs } from "./housekeeping.js";
import { readLedger } from "./read-ledger.js";
import { filterBytes, ReferenceFilter } from "./reference-filter.js";
import { getHousekeeping, headRow, packRow, saveItem } from "./repo.js";
import { archivedMailboxes, markWorkers } from "./settled.js";
import type { HousekeepingDeps, Step, Stretch } from "./worker.js";

const attachments = "attachments/";
/** Names looked at between two saves of the place. */
const namesAtOnce = 5_000;

export async function planOrphans(stretch: Stretch, deps: HousekeepingDeps): Promise<Step> {
  const { id, at } = stretch.current();
  // Writers begin to look at the plan before its first item is written.
  if (at.after === "" && at.phase === "mailboxes") await beginSweep(stretch.current(), deps);
  const filter = await loadFilter(at.filter, deps);
  if (stretch.current().at.phase === "mailboxes" && !(await readMailboxes(stretch, filter, deps)))
    return later(stretch, filter, deps);
  if (stretch.current().at.phase === "attachments" && !(await readAttachments(stretch, filter, deps)))
    return later(stretch, filter, deps);
  await markWorkers(id, deps);
  await dropFilter(stretch.current().at.filter, deps);
  stretch.change({ at: { phase: "done", after: "" } });
  return { kind: "done" };
}

/** A plan takes the place of an earlier one, but not of one that is being applied. */
async function beginSweep({ id, requestedAt }: Housekeeping, deps: HousekeepingDeps): Promise<void> {
  const { rows, random, clock } = deps;
  const underWay = await applyUnderWay(deps);
  const next = { epoch: random.hex(16), plan: id, liveUntil: Date.parse(requestedAt) + sweepLivesMs, applying: "" };
  await changeSweep(rows, (before) => {
    const isApplied = before?.applying && clock.now().getTime() < before.liveUntil && before.applying === underWay;
    if (isApplied) throw new MailkeepError("conflict", "another plan is being applied", { reason: "SWEEP_UNDER_WAY" });
    return next;
  });
}

/** An invocation lives fifteen minutes (host.json): until then one that was ended from outside may still be at it. */
const lastBreathMs = 15 * minute;

async function applyUnderWay({ rows, clock }: HousekeepingDeps): Promise<string | undefined> {
  const applying = (await loadSweep(rows))?.applying;
  if (!applying) return undefined;
  const { status, updatedAt } = await getHousekeeping(rows, applying as HousekeepingId);
  const isOver = status === "succeeded" || clock.now().getTime() - Date.parse(updatedAt) > lastBreathMs;
  return isOpen(status) || !isOver ? applying : undefined;
}

/** Collects every reference, and finds the packs that none names. False when time is up. */
async function readMailboxes(stretch: Stretch, filter: ReferenceFilter, deps: HousekeepingDeps): Promise<boolean> {
  const { at } = stretch.current();
  for (const mailbox of await archivedMailboxes(deps.blobs)) {
    if (mailbox <= at.after) continue;
    if (stretch.timeIsUp()) return false;
    await readMailbox(mailbox, { stretch, filter }, deps);
    stretch.change({ at: { ...stretch.current().at, after: mailbox } });
  }
  stretch.change({ at: { ...stretch.current().at, phase: "attachments", after: "" } });
  return true;
}

async function readMailbox(
  mailbox: MailboxId,
  { stretch, filter }: { stretch: Stretch; filter: ReferenceFilter },
  deps: HousekeepingDeps,
): Promise<void> {
  const { id } = stretch.current();
  const named = new Map<string, "needed" | ReplacedBy>();
  const head = await readLedger(deps.blobs, mailbox, (record) => {
    for (const { cuts } of record.stored) for (const { sha256 } of cuts) filter.add(sha256);
    const packed = packedBy(record);
    if (packed !== undefined) named.set(packed.pack.name, "needed");
    const repack = repackOf(record);
    for (const { name } of repack?.replaced ?? [])
      named.set(name, { by: repack?.pack.name ?? "", bySha256: repack?.pack.sha256 ?? "", at: record.time });
  });
  await deps.rows.upsert(
    "runs",
    { partition: id, row: headRow(mailbox) },
    { seq: head.seq, sha256: head.sha256 ?? "" },
  );
  const prefix = packPath(mailbox, "");
  for await (const blob of deps.removal.list(prefix)) {
    const name = blob.name.slice(prefix.length);
    const told = named.get(name);
    if (told === "needed" || isYoung(blob, stretch.current(), deps)) continue;
    const item = { ...itemOf(blob), row: packRow(mailbox, name), kind: "pack" as const, mailbox };
    if (told === undefined) await propose(stretch, { ...item, why: "unreferenced" }, deps);
    // However old the pack is: whoever looked its place up has the grace period to read it.
    else if (!isYoung({ lastModified: new Date(told.at) }, stretch.current(), deps))
      await propose(stretch, { ...item, why: "replaced", by: told.by, bySha256: told.bySha256 }, deps);
  }
}

/** The pack that took another one's place, and when. */
interface ReplacedBy {
  by: string;
  bySha256: string;
  at: string;
}

/** Every attachment that no reference was found for. False when time is up. */
async function readAttachments(stretch: Stretch, filter: ReferenceFilter, deps: HousekeepingDeps): Promise<boolean> {
  let seen = 0;
  if (stretch.timeIsUp()) return false;
  for await (const blob of deps.removal.list(attachments, stretch.current().at.after)) {
    stretch.change({ at: { ...stretch.current().at, after: blob.name } });
    const hash = Sha256.safeParse(blob.name.slice(blob.name.lastIndexOf("/") + 1));
    if (hash.success && !filter.mayHave(hash.data) && !isYoung(blob, stretch.current(), deps))
      await propose(
        stretch,
        { ...itemOf(blob), row: attachmentRow(hash.data), kind: "attachment", why: "unreferenced" },
        deps,
      );
    if (++seen % namesAtOnce === 0 && stretch.timeIsUp()) return false;
  }
  return true;
}

const isYoung = (
  { lastModified }: Pick<RemovableBlob, "lastModified">,
  { graceDays }: Housekeeping,
  { clock }: HousekeepingDeps,
): boolean => clock.now().getTime() - lastModified.getTime() < graceDays * day;

const itemOf = ({ name, size, lastModified, version }: RemovableBlob) => ({
  name,
  size,
  version,
  lastModified: lastModified.toISOString(),
  state: "planned",
});

/** Proposing again, after a crash, changes nothing: the row is the same. */
async function propose(stretch: Stretch, item: Item, { rows }: HousekeepingDeps): Promise<void> {
  const { id, found } = stretch.current();
  if (found.count >= mostItems) return stretch.change({ truncated: true });
  await saveItem(rows, id, item);
  stretch.change({ found: { count: found.count + 1, bytes: found.bytes + item.size } });
}

/** What is known of references goes with the place: one without the other would be worth nothing. */
async function later(stretch: Stretch, filter: ReferenceFilter, deps: HousekeepingDeps): Promise<Step> {
  const { id, at } = stretch.current();
  const name = `housekeeping/${id}/${deps.random.hex(16)}.filter`;
  await deps.exports.putIfAbsent(name, gzipSync(filter.bytes, { level: 1 }), { contentType: "application/gzip" });
  stretch.change({ at: { ...at, filter: name }, faults: 0 });
  await stretch.save();
  await dropFilter(at.filter, deps);
  return { kind: "again", delayMs: 0 };
}

async function loadFilter(name: string | undefined, { exports }: HousekeepingDeps): Promise<ReferenceFilter> {
  if (name === undefined) return new ReferenceFilter();
  const { bytes } = await exports.get(name);
  return new ReferenceFilter(new Uint8Array(gunzipSync(bytes, { maxOutputLength: filterBytes })));
}

async function dropFilter(name: string | undefined, { exports }: HousekeepingDeps): Promise<void> {
  if (name !== undefined) await exports.remove(name);
}
