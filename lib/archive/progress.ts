// The run's view of one mailbox: counts that follow the commits, saved as it goes.

import type { Tally } from "../core/tally.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { MailboxRun, Problem } from "../runs/run.js";

export type Counts = Pick<MailboxRun, "tally" | "bytes" | "moved" | "removed" | "changed">;

/** Pure: the counts with those of one commit. Every message a record stores or names was seen. */
export function withRecord<T extends Counts>(counts: T, record: LedgerRecord): T {
  const count = (kind: LedgerRecord["events"][number]["kind"]) => record.events.filter((e) => e.kind === kind).length;
  const added = {
    stored: record.stored.length,
    gone: count("gone"),
    skipped: count("skipped"),
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
    bytes: counts.bytes + record.stored.reduce((sum, { size }) => sum + size, 0),
    moved: counts.moved + count("moved") + count("returned"),
    removed: counts.removed + count("removed"),
    changed: counts.changed + count("changed"),
  };
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
