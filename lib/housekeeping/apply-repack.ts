// A repacking applied: mailbox by mailbox under its claim, group by group, each group durable by itself.
import { MailkeepError } from "../core/errors.js";
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import { second } from "../core/time.js";
import { packedBy, repackOf } from "../ledger/record.js";
import { type Claim, takeClaim } from "../mailboxes/claim.js";
import type { StoredRow } from "../ports/row-store.js";
import { joinPacks } from "./join-packs.js";
import { LivePacks } from "./joinable.js";
import { readLedger } from "./read-ledger.js";
import { itemOf, listItems } from "./repo.js";
import type { HousekeepingDeps, Step, Stretch } from "./worker.js";

/** Between two looks at a mailbox that somebody holds. */
const lookEveryMs = 30 * second;

export async function applyRepack(stretch: Stretch, deps: HousekeepingDeps): Promise<Step> {
  const { plan } = stretch.current();
  if (plan === undefined) throw new MailkeepError("invalid", "nothing to apply");
  let isHeld = false;
  for await (const row of listItems(deps.rows, plan)) {
    const item = itemOf(row);
    if (item.state !== "planned") continue;
    if (stretch.timeIsUp()) return { kind: "again", delayMs: 0 };
    const attempt = await takeClaim(item.mailbox as MailboxId, deps);
    if (attempt.kind === "held") {
      isHeld = true;
      continue;
    }
    if (!(await joinMailbox(row, { stretch, claim: attempt.claim }, deps))) return { kind: "again", delayMs: 0 };
  }
  if (isHeld) return { kind: "again", delayMs: lookEveryMs };
  stretch.change({ at: { phase: "done", after: "" }, ...(await sums(plan, deps)) });
  return { kind: "done" };
}

/** False when time is up before all its groups are joined. */
async function joinMailbox(
  row: StoredRow,
  { stretch, claim }: { stretch: Stretch; claim: Claim },
  deps: HousekeepingDeps,
): Promise<boolean> {
  const item = itemOf(row);
  const mailbox = item.mailbox as MailboxId;
  try {
    const live = new LivePacks();
    await readLedger(deps.blobs, mailbox, (record) => live.add(record));
    const left: Record<string, number> = {};
    for (const group of live.groups(item.seq ?? 0)) {
      if (stretch.timeIsUp()) return false;
      const why = await joinPacks(group, { mailbox, id: stretch.current().id, claim }, deps);
      if (why !== undefined) left[why] = (left[why] ?? 0) + group.length;
      // Whoever cancels, or took the piece over, is heard here.
      stretch.change({ faults: 0 });
      await stretch.save();
    }
    claim.assertHeld();
    const joined = await joinedSince(mailbox, { stretch, deps });
    const detail = Object.entries(left).map(([why, packs]) => `${packs} packs left: ${why}`);
    const values = { state: "joined", ...joined, left: JSON.stringify(left), detail: detail.join("; ") };
    await deps.rows.batch("runs", row.partition, [{ kind: "merge", row: row.row, values }]);
    return true;
  } finally {
    await claim.release(claim.history);
  }
}

/** What this piece has joined in the mailbox, by the ledger: a worker that died may have told nobody. */
async function joinedSince(
  mailbox: MailboxId,
  { stretch, deps }: { stretch: Stretch; deps: HousekeepingDeps },
): Promise<{ joinedPacks: number; joinedBytes: number; madePacks: number; madeBytes: number }> {
  const { id } = stretch.current();
  const sizes = new Map<number, number>();
  const sum = { joinedPacks: 0, joinedBytes: 0, madePacks: 0, madeBytes: 0 };
  await readLedger(deps.blobs, mailbox, (record) => {
    const packed = packedBy(record);
    if (packed !== undefined) sizes.set(record.seq, packed.pack.size);
    const repack = record.run === id ? repackOf(record) : undefined;
    if (repack === undefined) return;
    sum.madePacks++;
    sum.madeBytes += repack.pack.size;
    sum.joinedPacks += repack.replaced.length;
    for (const { seq } of repack.replaced) sum.joinedBytes += sizes.get(seq) ?? 0;
  });
  return sum;
}

async function sums(plan: HousekeepingId, { rows }: HousekeepingDeps) {
  const [found, made] = [
    { count: 0, bytes: 0 },
    { count: 0, bytes: 0 },
  ];
  const kept: Record<string, number> = {};
  for await (const { values } of listItems(rows, plan)) {
    found.count += Number(values.joinedPacks ?? 0);
    found.bytes += Number(values.joinedBytes ?? 0);
    made.count += Number(values.madePacks ?? 0);
    made.bytes += Number(values.madeBytes ?? 0);
    for (const [why, count] of Object.entries(JSON.parse(String(values.left ?? "{}")) as Record<string, number>))
      kept[why] = (kept[why] ?? 0) + count;
  }
  return { found, made, kept };
}
