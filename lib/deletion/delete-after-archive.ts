// What a profile lets be deleted, deleted, once its mailbox has been read to the end. Read this file first, then candidates.ts,
// proof.ts, unchanged.ts, remove-batch.ts, intents.ts.
import { type Applied, loadApplied } from "../catalog/messages.js";
import { isMailkeepError } from "../core/errors.js";
import type { ImmutableId, RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { Claim } from "../mailboxes/claim.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Log } from "../ports/log.js";
import type { MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { RowStore } from "../ports/row-store.js";
import type { TenantEdge } from "../ports/tenants.js";
import type { MailboxSettings } from "../profiles/settings.js";
import { noDeletions, type RunDeletion, withDeleted } from "../runs/deletion-counts.js";
import { changePart, findRun } from "../runs/repo.js";
import { isOpen, type MailboxRun, type Problem } from "../runs/run.js";
import type { RunAtWork } from "../runs/settings.js";
import { allAnswers } from "./all-answers.js";
import { lookAround, type ReadFolder, type Surroundings } from "./circumstances.js";
import { type DeletedPlaces, deletedPlaces, endOf, type Intent, type Journal, openJournal } from "./intents.js";
import { listDeletions } from "./listing.js";
import { chunks, nextWindow } from "./window.js";
import { DeletionWork } from "./work.js";

export interface DeletionStage {
  run: RunAtWork;
  /** What holds for the mailbox. */
  settings: MailboxSettings;
  /** The rule; undefined: there is none, or the mailbox is exempt. */
  deletion: RunDeletion | undefined;
  /** As the reading left it. */
  part: MailboxRun;
  claim: Claim;
  reader: MailboxReader;
  folders: ReadFolder[];
  /** What nothing had ended when the work on the mailbox began, whichever run it was of. */
  intents: Intent[];
  /** Whether the profile's filter lets a message with these facts be archived. */
  chooses(facts: MessageFacts): boolean;
  /** Archives messages once more, as they are now; what cannot be had now is left out. */
  anew(changed: ChangedMessage[], start: Applied): Promise<ArchivedAnew>;
  /** By the monotonic clock. */
  deadlineMs: number;
}

/** A message that is not, or not provably, what was archived. */
export interface ChangedMessage {
  message: MessageFacts;
  /** Of the content that is to be stored. */
  version: number;
  folder: { id: string; path: string };
}

export interface ArchivedAnew {
  stored: ReadonlySet<ImmutableId>;
  applied: Applied;
  /** The part of the run with what was stored. */
  counted(part: MailboxRun): MailboxRun;
}

export interface DeletionDeps {
  blobs: BlobStore;
  rows: RowStore;
  tenant: TenantEdge;
  clock: Clock;
  log: Log;
  stopping(): boolean;
}

export interface StageEnd {
  outcome: "complete" | "more" | "cancelled";
  part: MailboxRun;
}

/** Faults in a row after which the deletion is given up for this run; the archive is none the worse. */
const mostFaults = 3;

export async function deleteAfterArchive(stage: DeletionStage, deps: DeletionDeps): Promise<StageEnd> {
  const { run, deletion, part, reader, claim, intents: open } = stage;
  const { rows, clock } = deps;
  if (deletion === undefined && open.length === 0) return { outcome: "complete", part };
  const progress = openProgress(part, deps);
  try {
    // What the reading counted, before anything of this stage can end the mailbox.
    await progress.save();
    const start = await loadApplied(rows, part.mailbox);
    const place = { mailbox: part.mailbox, run: run.id, assertOurs: () => claim.assertHeld() };
    const journal = openJournal(start, place, deps);
    const places = await deletedPlaces(reader);
    await settleOpenIntents(open, { journal, places, progress }, { stage, deps });
    if (deletion === undefined) return { outcome: "complete", part: progress.part };
    const around = await lookAround({ run, deletion, part, folders: stage.folders, places, now: clock.now() }, deps);
    if (around.policiesUnread) progress.change((counts) => ({ ...counts, policiesUnread: true }));
    const interrupted = new Set(open.map(({ key }) => key));
    const work = new DeletionWork({ stage, deletion, around, journal, places, progress, interrupted, start }, deps);
    return { outcome: await lookThroughAll(work, { stage, around, progress }, deps), part: progress.part };
  } catch (error) {
    if (!isMailkeepError(error, "unavailable") || part.faults < mostFaults) throw error;
    const message = `not all was looked at that might have been deleted: ${error.message}`;
    progress.problem({ code: "DELETION_INTERRUPTED", message });
    return { outcome: "complete", part: progress.part };
  }
}

/** Window after window through the catalog. The first one is always dealt with, so that every invocation comes further. */
async function lookThroughAll(
  work: DeletionWork,
  { stage, around, progress }: { stage: DeletionStage; around: Surroundings; progress: Progress },
  { rows, clock, stopping }: DeletionDeps,
): Promise<StageEnd["outcome"]> {
  for (;;) {
    const window = await nextWindow(rows, around, progress.counts.after);
    for (const [cause, count] of window.kept) work.keep(cause, count);
    if (around.problem !== undefined && around.blocked !== undefined && window.kept.has(around.blocked))
      progress.problem(around.problem);
    if (window.kept.has("damaged")) progress.problem(rowsDisagree);
    for (const chunk of chunks(window.candidates)) {
      if (await isCancelled(stage.run, rows)) {
        progress.change((counts) => work.withKept(counts));
        return "cancelled";
      }
      await work.dealWith(chunk);
    }
    await work.archiveChanged();
    progress.change((counts) => {
      const { after: _, ...rest } = work.withKept(counts);
      return window.end === undefined ? rest : { ...rest, after: window.end };
    });
    await progress.save();
    if (window.end === undefined) return "complete";
    if (stopping() || clock.monotonicMs() >= stage.deadlineMs) return "more";
  }
}

const rowsDisagree: Problem = {
  code: "ARCHIVE_DAMAGED",
  message:
    "what the archive cannot prove is not deleted: catalog-differs: rows of a message do not fit together; POST /verify names all of it",
};

/** Right before anything is deleted: nothing is in a run that a person has stopped. */
async function isCancelled({ id }: Pick<RunAtWork, "id">, rows: RowStore): Promise<boolean> {
  return (await findRun(rows, id))?.value.cancelRequested ?? true;
}

/** Intents whose worker died are ended before anything new is begun, whatever the rule says today. */
async function settleOpenIntents(
  open: Intent[],
  { journal, places, progress }: { journal: Journal; places: DeletedPlaces; progress: Progress },
  { stage, deps }: { stage: DeletionStage; deps: DeletionDeps },
): Promise<void> {
  if (open.length === 0) return;
  const now = deps.clock.now();
  const ends = await allAnswers(open.map((intent) => endOf(intent, { reader: stage.reader, places, now })));
  const events = ends.filter((event) => event !== undefined);
  deps.log.warn("open deletions settled", { run: stage.run.id, mailbox: stage.part.mailbox, open: open.length });
  if (events.length > 0) {
    const record = await journal.commit(events);
    progress.counted(
      record.seq,
      events.filter((event) => event.kind === "deleted"),
    );
    await progress.save();
  }
  for (const [index, intent] of open.entries()) {
    const event = ends[index];
    if (event?.kind !== "deleted") continue;
    const { key, id, size } = intent;
    const entry = {
      mailbox: stage.part.mailbox,
      key,
      id: id as ImmutableId,
      outcome: "deleted" as const,
      size,
      at: event.at,
    };
    await listDeletions(deps.rows, intent.run as RunId, [entry]);
  }
  if (events.length < open.length)
    progress.problem({
      code: "DELETION_OPEN",
      message: `of ${open.length - events.length} deletions that were begun it cannot be told yet whether they were done`,
    });
}

export type Progress = ReturnType<typeof openProgress>;

/** The mailbox's part of the run while its deletions go on. */
function openProgress(start: MailboxRun, { rows, clock }: Pick<DeletionDeps, "rows" | "clock">) {
  let part = start;
  const progress = {
    get part() {
      return part;
    },
    get counts() {
      return part.deletion ?? noDeletions();
    },
    change(next: (counts: NonNullable<MailboxRun["deletion"]>) => NonNullable<MailboxRun["deletion"]>) {
      part = { ...part, deletion: next(progress.counts) };
    },
    /** Receipts that record `seq` holds. */
    counted(seq: number, receipts: { key: string; size: number }[]) {
      if (receipts.length > 0) progress.change((counts) => withDeleted(counts, "deleted", receipts));
      part = { ...part, countedSeq: seq };
    },
    /** What was archived besides. */
    archived(counted: (part: MailboxRun) => MailboxRun) {
      part = counted(part);
    },
    /** The record holds nothing that is counted. */
    passed(seq: number) {
      part = { ...part, countedSeq: seq };
    },
    problem(problem: Problem) {
      const { problems } = part;
      if (problems.some(({ code }) => code === problem.code) || problems.length >= 20) return;
      part = { ...part, problems: [...problems, { ...problem, message: problem.message.slice(0, 500) }] };
    },
    async save() {
      const updatedAt = clock.now().toISOString();
      await changePart(rows, part.run, part.mailbox, (stored) =>
        stored.generation === part.generation && isOpen(stored.status) ? { ...part, updatedAt } : undefined,
      );
    },
  };
  return progress;
}
