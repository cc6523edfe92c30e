// Ends a run when all its mailboxes have ended, and revives work that nobody is doing any more.
import type { MailboxId, RunId } from "../core/ids.js";
import { type Clock, minute } from "../core/time.js";
import { told } from "../core/told.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { deniedEverywhere, raiseAlarm } from "./alarm.js";
import { changePart, changeRun, findRun, listParts, listRuns, statusesOf } from "./repo.js";
import { isGap, isOpen, lookedAfterMs, type MailboxRun, type Run, runStatus, summarize } from "./run.js";
import { startAttempt } from "./wait-to-start.js";

export interface CloseDeps {
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  log: Log;
}

/** Brings a run's status up to its mailboxes'; ends it when the last one has ended. */
export async function closeRun(id: RunId, deps: CloseDeps): Promise<Run | undefined> {
  const run = (await findRun(deps.rows, id))?.value;
  return run && closeIfEnded(run, deps);
}

async function closeIfEnded(run: Run, { rows, clock, log }: CloseDeps): Promise<Run> {
  if (!isOpen(run.status) || run.startedAt === undefined) return run;
  const { id } = run;
  const status = runStatus(run, await statusesOf(rows, id));
  if (status === run.status) return run;
  const parts: MailboxRun[] = [];
  for await (const part of listParts(rows, id)) parts.push(part);
  const summary = summarize(parts);
  const nobody = !isOpen(status) && summary.mailboxes.total === 0 && !run.problems.some(isGap);
  const denied = isOpen(status) ? undefined : await deniedEverywhere(parts, { rows, clock });
  const closed = await changeRun(rows, id, (stored) => {
    if (!isOpen(stored.status)) return undefined;
    if (isOpen(status)) return { ...stored, status };
    const problems = [...stored.problems, ...(nobody ? [noMailbox] : []), ...(denied ? [denied] : [])];
    return { ...stored, status, problems, endedAt: clock.now().toISOString(), summary };
  });
  if (denied) raiseAlarm(log, { run: id, reason: denied.code, mailboxes: summary.mailboxes.total });
  if (!isOpen(closed.status)) log.info("run ended", { run: id, status: closed.status });
  return closed;
}

const noMailbox = {
  code: "NO_MAILBOX",
  message: "the profile chooses no mailbox that can be archived; GET /mailboxes shows who is there, and why not",
};

/** A run with so few mailboxes is closed by the worker that ends the last one; larger ones by the timer. */
const closeAtOnceUpTo = 100;

export async function closeIfSmall(id: RunId, deps: CloseDeps): Promise<void> {
  const run = (await findRun(deps.rows, id))?.value;
  if (run !== undefined && (run.chosen ?? 0) <= closeAtOnceUpTo) await closeIfEnded(run, deps);
}

/**
 * The timer's round: every open run is closed if it can be, else its abandoned mailboxes are sent out again.
 * @throws what the first run that could not be looked after met, after all the others had their turn
 */
export async function tidyRuns(deps: CloseDeps & Revival): Promise<void> {
  const since = deps.clock.now().getTime() - lookedAfterMs;
  const faults: unknown[] = [];
  for await (const run of listRuns(deps.rows)) {
    if (Date.parse(run.requestedAt) < since) break;
    if (!isOpen(run.status)) continue;
    try {
      const still = await closeRun(run.id, deps);
      if (still !== undefined && isOpen(still.status)) await revive(still, deps);
    } catch (error) {
      deps.log.error("run not looked after", { run: run.id, ...told(error) });
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
}

export interface Revival {
  /** Whether a worker holds the mailbox now. */
  isClaimed(mailbox: MailboxId): Promise<boolean>;
  /** No sign of life for this long, and nobody at it: the queue has lost it, or its worker died. */
  abandonedAfterMs: number;
}

async function revive(run: Run, deps: CloseDeps & Revival): Promise<void> {
  const { rows, queue, clock, log, abandonedAfterMs } = deps;
  const now = clock.now().getTime();
  if (run.startedAt === undefined) {
    // Several items for the same try do no harm: the first one to fail makes the others stale.
    if (now - Date.parse(run.resumeAt ?? run.requestedAt) < 5 * minute) return;
    const item: WorkItem = { v: 1, kind: "start-run", run: run.id, attempt: startAttempt(run) };
    await queue.send(JSON.stringify(item));
    return;
  }
  for await (const part of listParts(rows, run.id)) {
    const alive = Math.max(Date.parse(part.updatedAt), Date.parse(part.resumeAt ?? part.updatedAt));
    if (!isOpen(part.status) || now - alive < abandonedAfterMs || (await deps.isClaimed(part.mailbox))) continue;
    // A new generation makes the lost item, should it turn up again, stale.
    const next = await changePart(rows, run.id, part.mailbox, (stored) =>
      stored.updatedAt === part.updatedAt && isOpen(stored.status)
        ? { ...stored, generation: stored.generation + 1, updatedAt: clock.now().toISOString() }
        : undefined,
    );
    if (next.generation === part.generation) continue;
    log.warn("mailbox work revived", { run: run.id, mailbox: part.mailbox, generation: next.generation });
    const item: WorkItem = {
      v: 1,
      kind: "archive-mailbox",
      run: run.id,
      mailbox: part.mailbox,
      generation: next.generation,
    };
    await queue.send(JSON.stringify(item));
  }
}
