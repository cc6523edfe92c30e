// One execution of a profile and its part for each mailbox: what they are, and pure rules of how they end.
import type { Blackouts } from "../core/blackout.js";
import type { ConnectionId, MailboxId, ProfileId, RunId } from "../core/ids.js";
import { addSkipped, type SkipCounts } from "../core/skip-cause.js";
import { addTally, emptyTally, type Tally } from "../core/tally.js";
import { day } from "../core/time.js";
import type { SelectedBy } from "../mailboxes/resolve.js";
import type { Unanswered } from "../ports/mail-source.js";
import type { AppliedOverride, SealedValues } from "../profiles/settings.js";
import type { RunDirectory, RunSelection } from "./choice.js";
import { addDeletions, type DeletionCounts, noDeletions, type RunDeletion } from "./deletion-counts.js";

/**
 * pending            waiting for a worker
 * running            a worker is or was just at it
 * throttled          the mailbox asked us to wait; goes on by itself
 * succeeded          everything was read and something was new
 * noChanges          everything was read and nothing was new
 * succeededWithGaps  something is named as not archived
 * failed             nothing could be done; the reason says why
 * cancelled          a person stopped it
 */
export type RunStatus =
  | "pending"
  | "running"
  | "succeeded"
  | "succeededWithGaps"
  | "noChanges"
  | "throttled"
  | "failed"
  | "cancelled";

/** `excluded`: the profile's mailboxes include it by rule, but it has no mailbox to archive; the reason says why. */
export type MailboxStatus = RunStatus | "excluded";

const open = new Set<MailboxStatus>(["pending", "running", "throttled"]);
export const isOpen = (status: MailboxStatus): boolean => open.has(status);

/** The first archive of a large tenant takes weeks; a run this old is looked after no longer, and stands in nobody's way. */
export const lookedAfterMs = 90 * day;

/** Something that kept a part from being archived, as a person should read it. */
export interface Problem {
  code: string;
  message: string;
  folderPath?: string;
  requestId?: string;
}

export interface Run {
  id: RunId;
  profile: ProfileId;
  profileName: string;
  /** The tenant it reads, and with which identity. */
  connection: ConnectionId;
  trigger: "manual" | "schedule";
  /** Windows in which the run pauses; `ignored` by one that a person wished for. */
  blackouts?: Blackouts | "ignored";
  /** What the profile said of all its mailboxes when the run was asked for; settings.ts says what holds for one. */
  values: SealedValues;
  /** It said otherwise of some. */
  hasOverrides?: true;
  /** What may be deleted once it is archived, as the profile said when the run was asked for. */
  deletion?: RunDeletion;
  status: RunStatus;
  requestedAt: string;
  startedAt?: string;
  endedAt?: string;
  cancelRequested: boolean;
  /** Tries to begin that failed, and since when. */
  start?: { attempt: number; failingSince: string };
  /** A run that could not begin is tried again then. */
  resumeAt?: string;
  /** How many mailboxes were chosen, once they are known. */
  chosen?: number;
  /** How the groups of the profile were expanded, and who came and went since the run before. */
  selection?: RunSelection;
  directory?: RunDirectory;
  /** Why the run could not start or what it could not resolve. */
  problems: Problem[];
  /** The sums once the run has ended. */
  summary?: RunSummary;
}

export interface RunSummary {
  /** Of a run with a deletion rule. */
  deletion?: DeletionCounts;
  mailboxes: { total: number; done: number; excluded: number; failed: number; withGaps: number };
  tally: Tally;
  /** Why messages were skipped; absent when none was. */
  skipped?: SkipCounts;
  /** Messages stored although Graph does not say what the filter asks; absent when there was none. */
  unjudged?: number;
  /** Bytes stored, as Graph sent them. */
  bytes: number;
  moved: number;
  removed: number;
  changed: number;
}

/** How far a folder was read by its plain list, because Graph does not give its changes. Of use to the same run only. */
export interface Listing {
  folderId: string;
  /** Everything before this position is archived, but for what is unreadable. */
  next: number;
  unreadable: UnreadablePosition[];
  /** It is read so because Graph refuses each of its delta links, not because it cannot give a page. */
  linksDie?: true;
}

/** A message of which nothing is known but its place in the folder, oldest first, and its neighbours' dates. */
export interface UnreadablePosition {
  position: number;
  reason: string;
  requestId?: string;
  after?: string;
  before?: string;
}

export interface MailboxRun {
  run: RunId;
  mailbox: MailboxId;
  address: string;
  displayName: string;
  /** The profile names it, as opposed to choosing it by a rule. */
  named: boolean;
  /** Why it is in the run, or excepted from it; runs of earlier versions do not say. */
  selectedBy?: SelectedBy;
  /** The override of the profile that holds for it. */
  override?: AppliedOverride;
  /** An override means somebody who could not be found, maybe this mailbox, and may exempt it: nothing is deleted. */
  mayBeExempt?: true;
  status: MailboxStatus;
  /** Work items of an older generation are stale. */
  generation: number;
  reason?: string;
  /** Microsoft 365 refuses the mailbox itself to the app (403), now or when it was asked last. */
  refused?: boolean;
  /** The token itself was refused (401), a fresh one each time: no matter of this mailbox. */
  tokenRefused?: boolean;
  problems: Problem[];
  tally: Tally;
  /** Why messages were skipped; absent before the first commit. */
  skipped?: SkipCounts;
  /** Messages stored although Graph does not say what the filter asks; absent when there was none. */
  unjudged?: number;
  /** Bytes stored in this run, as Graph sent them. */
  bytes: number;
  moved: number;
  removed: number;
  changed: number;
  /** Of the run's deletion rule, once its turn has come. */
  deletion?: DeletionCounts;
  /** The last ledger record whose counts are in here. */
  countedSeq: number;
  /** Messages the chosen folders say they hold, and how many of those are dealt with. */
  total: number;
  done: number;
  folders: { total: number; done: number };
  /** Folders that the profile asks for, which not every mailbox has and this one says it does not have: no gap. */
  absent?: string[];
  /** Messages stored by this run and those fetched and not committed yet: what the rate is judged by while it works. */
  fetched?: number;
  /** Messages in quarantine for this mailbox now. */
  owed: number;
  startedAt?: string;
  updatedAt: string;
  endedAt?: string;
  /** A waiting mailbox goes on then. */
  resumeAt?: string;
  /** Work spent so far, in milliseconds, for the rate. */
  busyMs: number;
  /** How often in a row work on the mailbox ended in a fault. */
  faults: number;
  /** Folders in the middle of being read by their plain list. */
  listings?: Listing[];
  /** Folders that an earlier invocation of the run found shut: one gap each, and not asked again and again. */
  shut?: { folderId: string; problem: Problem }[];
  /** Lists of folders that it waited for in vain, and waits for no more. */
  unanswered?: Unanswered[];
}

export function newMailboxRun(
  run: RunId,
  who: { mailbox: MailboxId; address: string; displayName: string; named: boolean },
  now: Date,
): MailboxRun {
  return {
    run,
    ...who,
    status: "pending",
    generation: 0,
    problems: [],
    tally: emptyTally(),
    bytes: 0,
    moved: 0,
    removed: 0,
    changed: 0,
    countedSeq: 0,
    total: 0,
    done: 0,
    folders: { total: 0, done: 0 },
    owed: 0,
    updatedAt: now.toISOString(),
    busyMs: 0,
    faults: 0,
  };
}

/** How a mailbox that was read to the end ended. */
export function outcomeOf(part: MailboxRun): "succeeded" | "succeededWithGaps" | "noChanges" {
  if (part.problems.length > 0 || part.owed > 0) return "succeededWithGaps";
  const { stored, gone, skipped } = part.tally;
  const changed = part.moved + part.removed + part.changed + (part.deletion?.deleted ?? 0);
  return stored + gone + skipped + changed > 0 ? "succeeded" : "noChanges";
}

/** The sums over all mailboxes of a run. */
export function summarize(parts: Iterable<MailboxRun>): RunSummary {
  const sum: RunSummary = {
    mailboxes: { total: 0, done: 0, excluded: 0, failed: 0, withGaps: 0 },
    tally: emptyTally(),
    bytes: 0,
    moved: 0,
    removed: 0,
    changed: 0,
  };
  for (const part of parts) {
    if (part.status === "excluded") sum.mailboxes.excluded++;
    else sum.mailboxes.total++;
    if (part.status !== "excluded" && !isOpen(part.status)) sum.mailboxes.done++;
    if (part.status === "failed") sum.mailboxes.failed++;
    if (part.status === "succeededWithGaps") sum.mailboxes.withGaps++;
    sum.tally = addTally(sum.tally, part.tally);
    if (part.skipped) sum.skipped = addSkipped(sum.skipped ?? {}, part.skipped);
    if (part.unjudged) sum.unjudged = (sum.unjudged ?? 0) + part.unjudged;
    sum.bytes += part.bytes;
    sum.moved += part.moved;
    sum.removed += part.removed;
    sum.changed += part.changed;
    if (part.deletion) sum.deletion = addDeletions(sum.deletion ?? noDeletions(), part.deletion);
  }
  return sum;
}

/** An override for somebody whom the profile does not choose is worth a word, and nothing is missing for it. */
export const isGap = ({ code }: Problem): boolean => code !== "OVERRIDE_MAILBOX_NOT_SELECTED";

/**
 * How a run stands, from its mailboxes. `noChanges` only when every mailbox was read to the end and had nothing new;
 * `failed` when not one was read; anything missing besides makes it `succeededWithGaps`.
 */
export function runStatus(run: Run, statuses: MailboxStatus[]): RunStatus {
  const parts = statuses.filter((status) => status !== "excluded");
  const openParts = parts.filter(isOpen);
  if (openParts.length > 0) return openParts.every((status) => status === "throttled") ? "throttled" : "running";
  if (run.cancelRequested && parts.includes("cancelled")) return "cancelled";
  // Of no mailbox at all, too: nobody was read, so nothing is known to be archived.
  if (parts.every((status) => status === "failed")) return "failed";
  const gaps =
    run.problems.some(isGap) || parts.some((status) => status === "failed" || status === "succeededWithGaps");
  if (gaps) return "succeededWithGaps";
  return parts.every((status) => status === "noChanges") ? "noChanges" : "succeeded";
}
