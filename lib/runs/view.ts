// Pure: runs and their mailboxes as the API shows them.
import type { SkipCounts } from "../core/skip-cause.js";
import { helpFor } from "../faults/explain.js";
import type { SelectedBy } from "../mailboxes/resolve.js";
import type { AppliedOverride } from "../profiles/settings.js";
import type { RunWait } from "./blackout.js";
import type { RunDirectory, RunSelection } from "./choice.js";
import { type DeletionView, noDeletions, type RunDeletion, viewDeletion } from "./deletion-counts.js";
import { isOpen, type MailboxRun, type Problem, type Run, type RunSummary } from "./run.js";

/** A problem with what it means and what mends it, where the catalogue knows its code. */
export interface ExplainedProblem extends Problem {
  cause?: string;
  fix?: string;
  link?: string;
}

export const explained = (problem: Problem): ExplainedProblem => ({ ...problem, ...helpFor(problem.code) });

export interface RunView {
  id: string;
  profile: string;
  profileName: string;
  connection: string;
  trigger: Run["trigger"];
  status: Run["status"];
  requestedAt: string;
  startedAt: string | null;
  /** A run that could not begin is tried again then; one that waits goes on then. */
  resumeAt: string | null;
  /** `BLACKOUT`: for the end of a blackout window of its schedule. */
  waitsFor: "BLACKOUT" | null;
  /** Whether blackout windows hold the run: `ignored` when a person wished for it. */
  blackouts: "none" | "observed" | "ignored";
  endedAt: string | null;
  cancelRequested: boolean;
  /** How the profile's groups were expanded; null until the run has begun. */
  selection: Required<RunSelection> | null;
  /** The directory as the run found it; null until the run has begun. */
  directory: RunDirectory | null;
  mailboxes: RunSummary["mailboxes"];
  tally: RunSummary["tally"];
  /** Why messages were skipped: how many for each cause. */
  skipped: SkipCounts;
  /** Messages stored although Graph does not say of them what the filter asks. */
  unjudged: number;
  /** Bytes stored by this run, as Graph sent them. */
  bytes: number;
  moved: number;
  removed: number;
  changed: number;
  /** Null without a deletion rule. */
  deletion: DeletionView | null;
  problems: ExplainedProblem[];
}

/** `wait`: what all its open mailboxes wait for. */
export function viewRun(run: Run, summary: RunSummary, wait?: RunWait): RunView {
  return {
    id: run.id,
    profile: run.profile,
    profileName: run.profileName,
    connection: run.connection,
    trigger: run.trigger,
    status: run.status,
    requestedAt: run.requestedAt,
    startedAt: run.startedAt ?? null,
    resumeAt: (isOpen(run.status) && (run.resumeAt ?? wait?.resumeAt)) || null,
    waitsFor: (isOpen(run.status) && wait?.waitsFor) || null,
    blackouts: run.blackouts === undefined ? "none" : run.blackouts === "ignored" ? "ignored" : "observed",
    endedAt: run.endedAt ?? null,
    cancelRequested: run.cancelRequested,
    selection: run.selection === undefined ? null : { overrides: [], overridesCount: 0, ...run.selection },
    directory: run.directory ?? null,
    mailboxes: summary.mailboxes,
    tally: summary.tally,
    skipped: summary.skipped ?? {},
    unjudged: summary.unjudged ?? 0,
    bytes: summary.bytes,
    moved: summary.moved,
    removed: summary.removed,
    changed: summary.changed,
    deletion: run.deletion === undefined ? null : viewDeletion(run.deletion, summary.deletion ?? noDeletions()),
    problems: run.problems.map(explained),
  };
}

export interface MailboxRunView {
  run: string;
  mailbox: string;
  address: string;
  displayName: string;
  status: MailboxRun["status"];
  /** Why it was excluded or failed. */
  reason: string | null;
  /** Why it is in the run, or excepted from it. */
  selectedBy: SelectedBy | null;
  /** The override of the profile that holds for it: GET /runs/{id}/settings says what it makes of the settings. */
  override: AppliedOverride | null;
  /** Messages dealt with, of those the chosen folders say they hold. */
  done: number;
  total: number;
  /** Messages and bytes stored by this run. */
  messages: number;
  bytes: number;
  ratePerSecond: number | null;
  secondsLeft: number | null;
  /** A waiting mailbox goes on then. */
  resumeAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  updatedAt: string;
  tally: MailboxRun["tally"];
  moved: number;
  removed: number;
  changed: number;
  /** Null without a deletion rule, and before its turn has come. */
  deletion: DeletionView | null;
  coverage: Coverage;
  problems: ExplainedProblem[];
}

/** What exists, what was read, and what is missing. */
export interface Coverage {
  folders: MailboxRun["folders"];
  /** Well-known folders that the profile asks for and the mailbox says it does not have: nothing is missing for them. */
  absentFolders: string[];
  /** As the chosen folders say; Graph calls the number advisory. */
  messagesInMailbox: number;
  /** Seen and not stored because the profile does not want them, or not yet: how many for each cause. */
  skipped: SkipCounts;
  /** Messages that this run stored although Graph does not say of them what the filter asks. */
  unjudged: number;
  /** In quarantine now: GET /mailboxes/{id}/quarantine names them. */
  quarantined: number;
  complete: boolean;
}

const complete = new Set<MailboxRun["status"]>(["succeeded", "noChanges"]);

export function viewMailboxRun(part: MailboxRun, rule?: RunDeletion): MailboxRunView {
  const { ratePerSecond, secondsLeft } = pace(part);
  return {
    run: part.run,
    mailbox: part.mailbox,
    address: part.address,
    displayName: part.displayName,
    status: part.status,
    reason: part.reason ?? null,
    selectedBy: part.selectedBy ?? null,
    override: part.override ?? null,
    done: part.done,
    total: part.total,
    messages: part.tally.stored,
    bytes: part.bytes,
    ratePerSecond,
    secondsLeft,
    resumeAt: part.resumeAt ?? null,
    startedAt: part.startedAt ?? null,
    endedAt: part.endedAt ?? null,
    updatedAt: part.updatedAt,
    tally: part.tally,
    moved: part.moved,
    removed: part.removed,
    changed: part.changed,
    deletion: rule === undefined || part.deletion === undefined ? null : viewDeletion(rule, part.deletion),
    coverage: {
      folders: part.folders,
      absentFolders: part.absent ?? [],
      messagesInMailbox: part.total,
      skipped: part.skipped ?? {},
      unjudged: part.unjudged ?? 0,
      quarantined: part.owed,
      complete: complete.has(part.status),
    },
    problems: part.problems.map(explained),
  };
}

/** Messages fetched per second of work (of an ended part: stored), and what that means for the rest; null while there is nothing to judge by. */
function pace(part: MailboxRun): { ratePerSecond: number | null; secondsLeft: number | null } {
  const messages = part.endedAt === undefined ? (part.fetched ?? part.tally.stored) : part.tally.stored;
  if (part.busyMs < 1_000 || messages === 0) return { ratePerSecond: null, secondsLeft: null };
  const rate = messages / (part.busyMs / 1_000);
  const left = part.endedAt === undefined ? Math.round(Math.max(0, part.total - part.done) / rate) : 0;
  return { ratePerSecond: Math.round(rate * 10) / 10, secondsLeft: left };
}
