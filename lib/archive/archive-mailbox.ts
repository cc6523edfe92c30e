// The main flow: take the claim, bring the tables up to the ledger, read the folders, archive what is new, and say what
// comes next. Read this file first; lib/README.md has the reading order of the others.
import type { Applied } from "../catalog/messages.js";
import { MailkeepError } from "../core/errors.js";
import type { Random } from "../core/ids.js";
import { type Clock, minute, second, type Ticker } from "../core/time.js";
import { told } from "../core/told.js";
import { deleteAfterArchive } from "../deletion/delete-after-archive.js";
import { type Access, afterRefusal, findAccess, isBarred, noteAccess } from "../mailboxes/access.js";
import { type Claim, takeClaim } from "../mailboxes/claim.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Log } from "../ports/log.js";
import type { MessageFacts } from "../ports/mail-source.js";
import type { RowStore } from "../ports/row-store.js";
import type { TenantEdge, Tenants } from "../ports/tenants.js";
import { judgeOf } from "../profiles/verdict.js";
import { asleep, awake, napMs, pausedUntil, workingTimeMs } from "../runs/blackout.js";
import { findPart, findRun, type KeptPart, keepPart } from "../runs/repo.js";
import { isOpen, type MailboxRun, type Run } from "../runs/run.js";
import { type MailboxTask, type RunAtWork, taskOf } from "../runs/settings.js";
import type { WorkItem } from "../work/item.js";
import { archiveAnew } from "./archive-anew.js";
import { archiveFolders } from "./archive-folders.js";
import type { AttachmentStore } from "./attachments.js";
import { type Ending, endingOf, endingOfBarred } from "./ending.js";
import type { Wanted } from "./fetch.js";
import type { PackMemory } from "./pack-memory.js";
import { withProblem } from "./progress.js";

export interface ArchiveDeps {
  tenants: Tenants;
  blobs: BlobStore;
  rows: RowStore;
  attachments: AttachmentStore;
  packMemory: PackMemory;
  clock: Clock;
  ticker: Ticker;
  random: Random;
  log: Log;
  /** How long one invocation works before it hands on to the next, in milliseconds. */
  budgetMs: number;
  /** The instance is being taken away: commit what is there and hand on at once. */
  stopping(): boolean;
}

/** For work on one mailbox: its part of the run is written through `kept`. */
export type PartDeps = ArchiveDeps & { kept: KeptPart };

/** What the queue is to do next. */
export type NextStep = { kind: "done"; ended: boolean } | { kind: "again"; item: WorkItem; delayMs: number };

type ArchiveItem = Extract<WorkItem, { kind: "archive-mailbox" }>;

/** How long to stay away from a mailbox that another worker holds, at the most. */
const heldWaitMs = 15 * second;

export async function archiveMailbox(item: ArchiveItem, deps: ArchiveDeps): Promise<NextStep> {
  const stored = await Promise.all([findRun(deps.rows, item.run), findPart(deps.rows, item.run, item.mailbox)]);
  const [run, found] = [stored[0]?.value, stored[1]];
  const stale =
    run === undefined ||
    found === undefined ||
    found.value.generation !== item.generation ||
    !isOpen(found.value.status);
  if (stale) return { kind: "done", ended: false };
  return begin(run, awake(found.value), { ...deps, kept: keepPart(deps.rows, found) });
}

/** Looks whether the mailbox's turn has come, and takes the claim. */
async function begin(run: Run, part: MailboxRun, deps: PartDeps): Promise<NextStep> {
  if (run.cancelRequested) return end(part, { status: "cancelled" }, deps);
  // A run that was ended, e.g. because its start failed again and again, gets no more work done under its name.
  if (!isOpen(run.status)) return { kind: "done", ended: false };
  if (deps.stopping()) return again(part, 0);
  const barred = run.trigger === "schedule" && part.generation === 0 ? await barring(part, deps) : undefined;
  if (barred !== undefined) return end(part, endingOfBarred(barred), deps);
  const now = deps.clock.now();
  const until = pausedUntil(run, now);
  if (until !== undefined) return handOn(asleep(part, until, now), part, napMs(until, now), deps);
  let tenant: TenantEdge;
  let task: MailboxTask;
  try {
    task = await taskOf(run, part, deps.rows);
    tenant = await deps.tenants.of(run.connection);
  } catch (error) {
    return afterFault(run, part, error, deps);
  }
  const attempt = await takeClaim(part.mailbox, deps);
  if (attempt.kind === "held") return again(part, Math.min(attempt.retryAfterMs + second, heldWaitMs));
  return work(task, part, { ...deps, tenant, claim: attempt.claim });
}

/** Asked again slowly: Exchange needs up to two hours to notice a grant, and asking sooner tells nobody anything. */
async function barring({ mailbox }: MailboxRun, { rows, clock }: ArchiveDeps): Promise<Access | undefined> {
  const access = await findAccess(rows, mailbox);
  return isBarred(access, clock.now()) ? access : undefined;
}

async function work(
  { run, settings, deletion }: MailboxTask,
  part: MailboxRun,
  deps: PartDeps & { tenant: TenantEdge; claim: Claim },
): Promise<NextStep> {
  const { clock, log, tenant, claim } = deps;
  const begun = clock.monotonicMs();
  const filter = judgeOf(settings.filter);
  const reader = tenant.mail.open(part.mailbox, {
    history: claim.history,
    signal: claim.signal,
    extra: filter.asks,
    requestTimeoutMs: settings.requestTimeoutSeconds * second,
    unanswered: part.unanswered ?? [],
  });
  claim.follow(() => reader.history());
  const fields = { run: run.id, mailbox: part.mailbox, generation: part.generation };
  log.info("mailbox work begins", fields);
  try {
    const deadlineMs = begun + workingTimeMs(run, clock.now(), deps.budgetMs);
    const stretch = { run, part, claim, reader, settings, filter, deadlineMs };
    const { tree, intents, ...read } = await archiveFolders(stretch, deps);
    // A fact that nobody says lets a message into the archive, and lets none be deleted.
    const chooses = (facts: MessageFacts) => filter.verdict(facts, { now: clock.now(), whole: false }).kind === "take";
    // Nor is anything deleted from a folder that may be one the profile leaves out.
    const folders = tree.doubtful.length > 0 ? [] : tree.wanted;
    const anew = (changed: Wanted[], start: Applied) => archiveAnew(changed, start, stretch, deps);
    const after = { ...stretch, part: read.counts, deletion, folders, intents, chooses, anew };
    const { outcome, part: counts } =
      read.outcome === "complete" ? await deleteAfterArchive(after, deps) : { ...read, part: read.counts };
    log.info("mailbox work ends", { ...fields, outcome, ms: Math.round(clock.monotonicMs() - begun) });
    if (outcome === "cancelled") return await end(counts, { status: "cancelled" }, deps);
    if (outcome === "complete") return await end(counts, endingOf(counts), deps);
    return await goOn(counts, { delayMs: 0 }, deps);
  } catch (error) {
    return await afterFault(run, part, error, deps);
  } finally {
    await claim.release(reader.history());
  }
}

/** Faults pass, wait or end the mailbox; each is written where a person looks. */
async function afterFault(run: RunAtWork, part: MailboxRun, error: unknown, deps: PartDeps): Promise<NextStep> {
  const stored = (await findPart(deps.rows, part.run, part.mailbox))?.value ?? part;
  // Its counts are newer than ours, its generation may be another worker's.
  const current = { ...awake(stored), generation: part.generation };
  const fault =
    error instanceof MailkeepError ? error : new MailkeepError("unavailable", "an unexpected fault", { cause: error });
  const fields = {
    run: run.id,
    mailbox: part.mailbox,
    code: fault.code,
    reason: fault.reason,
    requestId: fault.requestId,
  };
  deps.log.warn("mailbox work interrupted", { ...told(error), ...fields });
  if (fault.code === "throttled")
    return goOn(current, { delayMs: fault.retryAfterMs ?? minute, throttled: true }, deps);
  // A mailbox that was read before and is no more is missed, whoever chose it: "nothing new" would hide it.
  const isLost = fault.code === "no-mailbox" && (await findAccess(deps.rows, part.mailbox))?.lastReadAt !== undefined;
  const ending = endingOf(isLost ? { ...current, named: true } : current, fault);
  if (ending?.refused) {
    const { mailbox } = part;
    await noteAccess(mailbox, (before) => afterRefusal(before, mailbox, { fault, now: deps.clock.now() }), deps);
  }
  // Refused before anything was counted: the mailbox had its turn all the same.
  const startedAt = current.startedAt ?? deps.clock.now().toISOString();
  if (ending !== undefined) return end({ ...current, startedAt }, ending, deps);
  const faults = current.faults + 1;
  // A person who looks meanwhile sees what is in the way; the next invocation begins with a clean slate.
  const problem = { code: fault.reason ?? fault.code, message: `${fault.message}; it will be tried again` };
  const waiting = { ...current, faults, problems: withProblem(current.problems, problem) };
  return goOn(waiting, { delayMs: faultWaitsMs[faults - 1] ?? minute }, deps);
}

/** Waits after the first, second, … fault in a row without a commit between them. */
const faultWaitsMs = [5 * second, 20 * second, minute, minute];

/** Hands the mailbox to the next invocation. */
async function goOn(
  part: MailboxRun,
  { delayMs, throttled = false }: { delayMs: number; throttled?: boolean },
  { kept, clock }: PartDeps,
): Promise<NextStep> {
  const now = clock.now();
  const next: MailboxRun = {
    ...part,
    status: throttled ? "throttled" : "running",
    generation: part.generation + 1,
    updatedAt: now.toISOString(),
    resumeAt: new Date(now.getTime() + delayMs).toISOString(),
  };
  return handOn(next, part, delayMs, { kept });
}

async function handOn(
  next: MailboxRun,
  part: MailboxRun,
  delayMs: number,
  { kept }: Pick<PartDeps, "kept">,
): Promise<NextStep> {
  if (!(await hasWritten(next, part, kept))) return { kind: "done", ended: false };
  return again(next, delayMs);
}

const again = ({ run, mailbox, generation }: MailboxRun, delayMs: number): NextStep => ({
  kind: "again",
  item: { v: 1, kind: "archive-mailbox", run, mailbox, generation },
  delayMs,
});

async function end(part: MailboxRun, ending: Ending, { kept, clock }: PartDeps): Promise<NextStep> {
  const now = clock.now().toISOString();
  const { resumeAt: _, unanswered: __, ...rest } = part;
  const ended = await hasWritten({ ...rest, ...ending, updatedAt: now, endedAt: now }, part, kept);
  return { kind: "done", ended };
}

/** Writes what came of the work, unless the mailbox ended meanwhile or was handed to another worker: theirs stands. */
async function hasWritten(next: MailboxRun, part: MailboxRun, kept: KeptPart): Promise<boolean> {
  const written = await kept.change((stored) =>
    isOpen(stored.status) && stored.generation === part.generation ? next : undefined,
  );
  return written === next;
}
