// The run's view of one mailbox while it is worked on: follows the commits and is saved as it goes.
import type { Applied } from "../catalog/messages.js";
import type { OwedPlace } from "../catalog/quarantine.js";
import type { Clock } from "../core/time.js";
import { readRecord } from "../ledger/journal.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Unanswered } from "../ports/mail-source.js";
import type { KeptPart } from "../runs/repo.js";
import { isOpen, type MailboxRun, type Problem } from "../runs/run.js";
import { withKnown, withProblem, withRecord } from "./progress.js";
import type { Tree } from "./tree.js";

export interface CountsDeps {
  kept: KeptPart;
  blobs: BlobStore;
  clock: Clock;
}

export interface Counts {
  current(): MailboxRun;
  /** `isOurs`: whether what is owed concerns this run; another profile's quarantine is no gap of ours. */
  plan(tree: Tree, isOurs: (owed: OwedPlace) => boolean): void;
  /** What the reader waited for in vain: the next invocation does not, even if this one is killed. */
  inVain(unanswered: Unanswered[]): void;
  /** Where to ask how many messages are fetched and not committed yet: they count as done, not as stored. */
  watch(waiting: () => number): void;
  committed(record: LedgerRecord | undefined, known: number, applied: Applied): void;
  folderDone(): void;
  problem(problem: Problem): void;
  /** Saves unless a newer generation has taken over, or the mailbox has ended meanwhile: its ending stands. */
  save(): Promise<void>;
}

/** So many are remembered: a row has its limits, and each is a long id. */
const mostUnanswered = 200;

/**
 * `owed` is the live quarantine: ids, and where each was last seen. Saved before the first commit, so that the next invocation
 * knows from which record on to count.
 */
export async function openCounts(
  part: MailboxRun,
  applied: Applied,
  owed: ReadonlyMap<string, OwedPlace>,
  deps: CountsDeps,
): Promise<Counts> {
  const { kept, clock } = deps;
  const begunMs = clock.monotonicMs();
  let counts = await broughtUpToDate(part, applied.head.seq, deps);
  const busyBeforeMs = timeKept(part, counts);
  let now = applied;
  let waiting = () => 0;
  let isOurs = (_owed: OwedPlace) => true;
  /** What folders say of their messages is advisory, and may be left out: what was fetched was there. */
  const total = () => Math.max(counts.total, counts.tally.stored + waiting());
  const current = (): MailboxRun => ({
    ...counts,
    total: total(),
    done: Math.min(total(), now.messages + owed.size + counts.tally.skipped + waiting()),
    fetched: counts.tally.stored + waiting(),
    owed: [...owed.values()].filter(isOurs).length,
    busyMs: busyBeforeMs + Math.round(clock.monotonicMs() - begunMs),
    updatedAt: clock.now().toISOString(),
  });
  return {
    current,
    plan(tree, concernsUs) {
      isOurs = concernsUs;
      const said = tree.wanted.reduce((sum, { totalItemCount }) => sum + totalItemCount, 0);
      const { absent: _, ...before } = counts;
      counts = {
        ...before,
        ...(tree.absent.length > 0 && { absent: tree.absent }),
        status: "running",
        total: said,
        folders: { total: tree.wanted.length, done: 0 },
        problems: [],
      };
    },
    inVain(unanswered) {
      if (unanswered.length > 0) counts = { ...counts, unanswered: unanswered.slice(0, mostUnanswered) };
    },
    watch(source) {
      waiting = source;
    },
    committed(record, known, after) {
      now = after;
      if (record) counts = { ...withRecord(counts, record), countedSeq: record.seq, faults: 0 };
      counts = withKnown(counts, known);
    },
    folderDone() {
      counts = { ...counts, folders: { ...counts.folders, done: counts.folders.done + 1 } };
    },
    problem(problem) {
      counts = { ...counts, problems: withProblem(counts.problems, problem) };
    },
    async save() {
      await kept.change((stored) =>
        stored.generation === part.generation && isOpen(stored.status)
          ? { ...current(), generation: stored.generation }
          : undefined,
      );
    },
  };
}

/** What a dead worker fetched and did not commit is fetched again: its time would make the mailbox look slower than it is. */
function timeKept({ busyMs, fetched = 0 }: MailboxRun, { tally }: MailboxRun): number {
  return fetched > tally.stored ? Math.round((busyMs * tally.stored) / fetched) : busyMs;
}

/** Adds what commits of this run changed that an earlier invocation did not live to count. */
async function broughtUpToDate(part: MailboxRun, headSeq: number, { blobs, clock }: CountsDeps): Promise<MailboxRun> {
  if (part.startedAt === undefined) return { ...part, startedAt: clock.now().toISOString(), countedSeq: headSeq };
  let counts = part;
  for (let seq = part.countedSeq + 1; seq <= headSeq; seq++) {
    const found = await readRecord(blobs, part.mailbox, seq);
    if (found?.record.run === part.run) counts = withRecord(counts, found.record);
    counts = { ...counts, countedSeq: seq };
  }
  return counts;
}
