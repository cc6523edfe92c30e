// A sweep applied: each item is looked at once more, and then removed for good or left with the reason why.

import { bringUpToDate } from "../catalog/replay.js";
import { changeSweep, hasChangedState, loadSweep, type SweepState, stateOf } from "../catalog/sweep.js";
import { sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import { hour, minute, second } from "../core/time.js";
import { emptyLedger } from "../ledger/journal.js";
import { type LedgerRecord, packedBy, packPath } from "../ledger/record.js";
import { takeClaim } from "../mailboxes/claim.js";
import { bytesIfThere } from "../ports/blob-store.js";
import type { StoredRow } from "../ports/row-store.js";
import type { Housekeeping, Item } from "./housekeeping.js";
import { readLedger } from "./read-ledger.js";
import { getHousekeeping, itemOf, listItems, listMarks } from "./repo.js";
import { archivedMailboxes, unsettled } from "./settled.js";
import type { HousekeepingDeps, Step, Stretch } from "./worker.js";

/** Between two looks whether the work that was there when the plan was ready has ended. */
const lookEveryMs = 30 * second;
/** Items between two saves of the sums. */
const itemsAtOnce = 200;

export async function applyOrphans(stretch: Stretch, deps: HousekeepingDeps): Promise<Step> {
  const { plan } = stretch.current();
  if (plan === undefined) throw new MailkeepError("invalid", "nothing to apply");
  if (stretch.current().at.phase === "done") return close(plan, deps);
  await assertCurrent(plan, deps);
  await changeSweep(deps.rows, (sweep) => {
    if (sweep?.plan !== plan) throw stale("another plan has been made since");
    return { ...sweep, applying: stretch.current().id };
  });
  if ((await unsettled(plan, deps)) !== undefined) return { kind: "again", delayMs: lookEveryMs };
  const since = await committedSince(plan, deps);
  let looked = 0;
  for await (const row of listItems(deps.rows, plan)) {
    const state = stateOf(row);
    if (state === "rescued") await keep(row, "rescued", stretch, deps);
    if (state !== "planned" && state !== "removing") continue;
    if (stretch.timeIsUp()) return { kind: "again", delayMs: 0 };
    await assertStillLive(plan, deps);
    await settleItem(row, { stretch, since }, deps);
    if (++looked % itemsAtOnce === 0) await stretch.save();
  }
  const isLeft = stretch.current().at.after === "again";
  stretch.change({ at: { phase: "settling", after: "" } });
  if (isLeft) return { kind: "again", delayMs: minute };
  stretch.change({ at: { phase: "done", after: "" }, ...(await sums(plan, deps)) });
  await stretch.save();
  return close(plan, deps);
}

async function close(plan: HousekeepingId, deps: HousekeepingDeps): Promise<Step> {
  await endSweep(plan, deps);
  return { kind: "done" };
}

/** From the items themselves: what a worker that died had not added up is in there too. */
async function sums(plan: HousekeepingId, { rows }: HousekeepingDeps): Promise<Pick<Housekeeping, "found" | "kept">> {
  const found = { count: 0, bytes: 0 };
  const kept: Record<string, number> = {};
  for await (const row of listItems(rows, plan)) {
    const { state, size, detail = "" } = itemOf(row);
    if (state === "kept") kept[detail] = (kept[detail] ?? 0) + 1;
    if (state !== "removed") continue;
    found.count++;
    found.bytes += size;
  }
  return { found, kept };
}

/** A plan that another one has followed, or whose time has passed, is nobody's permission any more. */
async function assertCurrent(plan: HousekeepingId, deps: HousekeepingDeps): Promise<void> {
  const { status } = await getHousekeeping(deps.rows, plan);
  if (status !== "succeeded") throw stale("the plan is not complete");
  await assertStillLive(plan, deps);
}

async function assertStillLive(plan: HousekeepingId, { rows, clock }: HousekeepingDeps): Promise<void> {
  const sweep = await loadSweep(rows);
  if (sweep?.plan !== plan || sweep.liveUntil === 0) throw stale("another plan has been made since");
  // Writers stop to look at the plan then; we stop well before.
  if (clock.now().getTime() >= sweep.liveUntil - hour) throw stale("the plan is too old");
}

const stale = (why: string) => new MailkeepError("invalid", `${why}; make a new one`, { reason: "PLAN_STALE" });

interface Since {
  attachments: ReadonlySet<string>;
  /** Where to go on reading each ledger. */
  heads: ReadonlyMap<string, { seq: number; sha256: LedgerRecord["previous"] }>;
  /** Packs that took the place of others, and whether they are there as they were written. */
  whole: Map<string, boolean>;
}

/** Everything committed since the plan was made, in every mailbox there is now. */
async function committedSince(plan: HousekeepingId, { rows, blobs }: HousekeepingDeps): Promise<Since> {
  const heads = new Map<string, { seq: number; sha256: LedgerRecord["previous"] }>();
  for await (const { mailbox, values } of listMarks(rows, plan, "m_"))
    heads.set(mailbox, { seq: Number(values.seq), sha256: (values.sha256 || null) as LedgerRecord["previous"] });
  const attachments = new Set<string>();
  for (const mailbox of await archivedMailboxes(blobs))
    await readLedger(
      blobs,
      mailbox,
      ({ stored }) => {
        for (const { cuts } of stored) for (const { sha256 } of cuts) attachments.add(sha256);
      },
      heads.get(mailbox) ?? emptyLedger,
    );
  return { attachments, heads, whole: new Map() };
}

async function settleItem(
  row: StoredRow,
  { stretch, since }: { stretch: Stretch; since: Since },
  deps: HousekeepingDeps,
): Promise<void> {
  const item = itemOf(row);
  if (item.kind === "attachment") {
    const isNeeded = since.attachments.has(item.row.slice("a_".length));
    return isNeeded ? keep(row, "referenced", stretch, deps) : remove(row, stretch, deps);
  }
  const mailbox = item.mailbox as MailboxId;
  const attempt = await takeClaim(mailbox, deps);
  // Whoever works on the mailbox may be about to commit this very pack: its turn comes when nobody does.
  if (attempt.kind === "held") return lookAgain(stretch);
  const { claim } = attempt;
  try {
    let isNamed = false;
    const look = (record: LedgerRecord) => {
      const packed = packedBy(record);
      isNamed ||= packed !== undefined && item.name.endsWith(`/${packed.pack.name}`);
    };
    await readLedger(deps.blobs, mailbox, look, since.heads.get(mailbox) ?? emptyLedger);
    const isReady = item.why !== "replaced" || (await isReplaced(mailbox, item, { since, deps }));
    claim.assertHeld();
    if (isNamed) return await keep(row, "referenced", stretch, deps);
    await (isReady ? remove(row, stretch, deps) : keep(row, "replacementDamaged", stretch, deps));
  } finally {
    await claim.release(claim.history);
  }
}

/** Whether what took the pack's place is there to its last byte, and the tables lead there. */
async function isReplaced(
  mailbox: MailboxId,
  { by = "", bySha256 }: Item,
  { since, deps }: { since: Since; deps: HousekeepingDeps },
): Promise<boolean> {
  const { blobs, rows } = deps;
  // Every row up to the ledger's end: none names the replaced pack any more.
  await bringUpToDate(mailbox, { blobs, rows });
  const name = packPath(mailbox, by);
  const known = since.whole.get(name);
  if (known !== undefined) return known;
  const isWhole = (await bytesIfThere(blobs, name).then((bytes) => bytes && sha256(bytes))) === bySha256;
  since.whole.set(name, isWhole);
  return isWhole;
}

/** First the row says that it goes, so that no writer relies on it from here on; then it goes. */
async function remove(row: StoredRow, stretch: Stretch, deps: HousekeepingDeps): Promise<void> {
  const { rows, removal } = deps;
  const item = itemOf(row);
  // Somebody rescues it at this moment: the next look finds that written down.
  if (item.state === "planned" && !(await hasChangedState(rows, row, "removing"))) return lookAgain(stretch);
  const outcome = await removal.remove(item.name, item.version ?? "");
  const isGone = outcome === "removed" || outcome === "absent";
  await finish(row, isGone ? "removed" : "kept", isGone ? undefined : outcome, deps);
  if (!isGone) return count(stretch, outcome);
  const { found } = stretch.current();
  stretch.change({ found: { count: found.count + 1, bytes: found.bytes + item.size } });
}

/** There is something left to look at; the whole list is gone through once more. */
const lookAgain = (stretch: Stretch): void => stretch.change({ at: { phase: "settling", after: "again" } });

async function keep(row: StoredRow, why: string, stretch: Stretch, deps: HousekeepingDeps): Promise<void> {
  await finish(row, "kept", why, deps);
  count(stretch, why);
}

function count(stretch: Stretch, why: string): void {
  const { kept } = stretch.current();
  stretch.change({ kept: { ...kept, [why]: (kept[why] ?? 0) + 1 } });
}

async function finish(
  { partition, row }: StoredRow,
  state: SweepState,
  detail: string | undefined,
  { rows }: HousekeepingDeps,
): Promise<void> {
  await rows.batch("runs", partition, [
    { kind: "merge", row, values: { state, ...(detail !== undefined && { detail }) } },
  ]);
}

/** Nobody needs to look at the plan any more; what they remember to be present may have gone. */
async function endSweep(plan: HousekeepingId, { rows, random }: HousekeepingDeps): Promise<void> {
  const epoch = random.hex(16);
  await changeSweep(rows, (sweep) => {
    if (sweep?.plan === plan) return { ...sweep, epoch, liveUntil: 0, applying: "" };
    return undefined;
  });
}
