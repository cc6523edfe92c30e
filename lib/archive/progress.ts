// Pure: what one commit adds to the counts and problems of a mailbox's part of a run.
import { addSkipped, type SkipCause, type SkipCounts } from "../core/skip-cause.js";
import type { Tally } from "../core/tally.js";
import type { LedgerRecord } from "../ledger/record.js";
import { noDeletions, withDeleted } from "../runs/deletion-counts.js";
import type { MailboxRun, Problem } from "../runs/run.js";

export type Counts = Pick<
  MailboxRun,
  "tally" | "skipped" | "unjudged" | "bytes" | "moved" | "removed" | "changed" | "deletion"
>;

/** Pure: the counts with those of one commit. Every message a record stores or names was seen. */
export function withRecord<T extends Counts>(counts: T, record: LedgerRecord): T {
  const count = (kind: LedgerRecord["events"][number]["kind"]) => record.events.filter((e) => e.kind === kind).length;
  const skipped = skippedIn(record);
  const added = {
    stored: record.stored.length,
    gone: count("gone"),
    skipped: Object.values(skipped).reduce((sum, one) => sum + one, 0),
    quarantined: record.events.filter((event) => event.kind === "quarantined" && event.counted !== true).length,
  };
  const tally: Tally = {
    ...counts.tally,
    stored: counts.tally.stored + added.stored,
    gone: counts.tally.gone + added.gone,
    skipped: counts.tally.skipped + added.skipped,
    quarantined: counts.tally.quarantined + added.quarantined,
    seen: counts.tally.seen + added.stored + added.gone + added.skipped + added.quarantined,
  };
  return {
    ...counts,
    tally,
    skipped: addSkipped(counts.skipped ?? {}, skipped),
    ...withUnjudged(counts, record),
    bytes: counts.bytes + record.stored.reduce((sum, { size }) => sum + size, 0),
    moved: counts.moved + count("moved") + count("returned"),
    removed: counts.removed + count("removed"),
    changed: counts.changed + count("changed"),
    ...withReceipts(counts, record),
  };
}

/** What waits was seen and is not stored yet: skipped, for now. */
function skippedIn({ events }: LedgerRecord): SkipCounts {
  const skipped: SkipCounts = {};
  for (const event of events) {
    if (event.kind !== "skipped" && event.kind !== "waiting") continue;
    const cause = event.cause as SkipCause;
    skipped[cause] = (skipped[cause] ?? 0) + 1;
  }
  return skipped;
}

function withUnjudged({ unjudged = 0 }: Counts, { stored }: LedgerRecord): Pick<Counts, "unjudged"> {
  const more = stored.filter((message) => message.unjudged !== undefined).length;
  return more === 0 ? {} : { unjudged: unjudged + more };
}

/** A worker may have died between a receipt and the count of it. */
function withReceipts({ deletion = noDeletions() }: Counts, { events }: LedgerRecord): Pick<Counts, "deletion"> {
  const receipts = events.filter((event) => event.kind === "deleted");
  return receipts.length === 0 ? {} : { deletion: withDeleted(deletion, "deleted", receipts) };
}

/** Pure: the counts with messages that a settled page found archived already. */
export function withKnown<T extends Counts>(counts: T, known: number): T {
  const { tally } = counts;
  return { ...counts, tally: { ...tally, known: tally.known + known, seen: tally.seen + known } };
}

/** Problems a person can read; more than these say nothing new. */
const problemLimit = 20;

export function withProblem(problems: Problem[], problem: Problem): Problem[] {
  const same = problems.some(({ code, folderPath }) => code === problem.code && folderPath === problem.folderPath);
  if (same || problems.length >= problemLimit) return problems;
  return [...problems, { ...problem, message: problem.message.slice(0, 500) }];
}
