// Turns a run into work: syncs the directory if the profile wants it, resolves the mailboxes, and sends one item for each.
import { MailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId, RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { type Choice, chooseMailboxes, type EnterUsers } from "../mailboxes/choose.js";
import { assignOverrides } from "../mailboxes/overrides.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { Profile } from "../profiles/profile.js";
import { findProfile } from "../profiles/repo.js";
import { namesInOverrides } from "../profiles/settings.js";
import type { WorkItem } from "../work/item.js";
import { raiseAlarm } from "./alarm.js";
import { directoryOf, gapsOf, obstaclesIn, overrideProblemsOf, partsOf, selectionOf } from "./choice.js";
import { closeRun } from "./close-run.js";
import { changePart, changeRun, findRun, insertParts, listParts, listRuns } from "./repo.js";
import { isOpen, lookedAfterMs, type Problem, type Run } from "./run.js";
import { settingsOfRun } from "./settings.js";
import { afterFailedStart, delayAfter, startAttempt } from "./wait-to-start.js";

export interface StartDeps {
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  log: Log;
  tenants: Tenants;
  /** @throws MailkeepError why nothing can be done through it, known from its last test */
  assertWorking(connection: ConnectionId): Promise<void>;
  syncDirectory(connection: ConnectionId): Promise<unknown>;
  /** Takes into the snapshot whom only the directory itself could tell of. */
  enterUsers(connection: ConnectionId, ...found: Parameters<EnterUsers>): ReturnType<EnterUsers>;
}

/** `attempt`: which try this is; one that another item has made already is left alone. */
export async function startRun(id: RunId, deps: StartDeps, attempt = 0): Promise<void> {
  const { rows } = deps;
  const run = (await findRun(rows, id))?.value;
  if (run === undefined || !isOpen(run.status) || attempt !== startAttempt(run)) return;
  if (run.startedAt === undefined && !(await hasBegun(run, deps))) return;
  await sendParts(run, deps);
  await closeRun(id, deps);
}

/** Resolves the mailboxes and writes their parts; a fault that no repetition can heal ends the run, and false says so. */
async function hasBegun(run: Run, deps: StartDeps): Promise<boolean> {
  const { rows, clock } = deps;
  try {
    const profile = (await findProfile(rows, run.profile))?.profile;
    if (profile === undefined)
      throw new MailkeepError("not-found", "the profile was deleted before its run began", {
        reason: "PROFILE_NOT_FOUND",
      });
    await deps.assertWorking(profile.connection);
    const settings = await settingsOfRun(run, rows);
    const choice = await choose(run, { profile, also: namesInOverrides(settings) }, deps);
    const obstacles = obstaclesIn(choice);
    const assignment = assignOverrides(settings, choice, choice.snapshot.entries);
    const found = {
      selection: selectionOf(choice, profile.mailboxes.mode, assignment),
      directory: directoryOf(choice.snapshot, await previousRun(run, rows)),
    };
    if (obstacles.length > 0) {
      await failRun(run.id, obstacles, { rows, clock, found });
      return false;
    }
    await insertParts(rows, run.id, partsOf(run, { ...choice, assignment }, clock.now()));
    const problems = [...gapsOf(choice), ...overrideProblemsOf(assignment)];
    await changeRun(rows, run.id, (current) => {
      if (!isOpen(current.status)) return undefined;
      const { resumeAt: _, ...rest } = current;
      const startedAt = clock.now().toISOString();
      return { ...rest, ...found, status: "running", startedAt, chosen: choice.chosen.length, problems };
    });
    return true;
  } catch (error) {
    if (!(error instanceof MailkeepError)) throw error;
    if (passing.has(error.code) && error.reason !== "DIRECTORY_SYNC_REQUIRED") await tryLater(run, error, deps);
    else await failRun(run.id, { code: error.reason ?? error.code, message: error.message }, deps);
    if (error.code === "forbidden" || error.code === "unauthenticated")
      raiseAlarm(deps.log, { run: run.id, reason: error.reason ?? error.code, mailboxes: 0 });
    return false;
  }
}

/** These pass by themselves; whatever is no error of ours is the queue's to try again, and then the poison queue's. */
const passing = new Set<MailkeepError["code"]>(["throttled", "unavailable", "conflict", "precondition-failed"]);

/** Writes down what is in the way, then asks for the next try: a crash between the two is made up for by the timer. */
async function tryLater(run: Run, fault: MailkeepError, { rows, queue, clock, log }: StartDeps): Promise<void> {
  const attempt = startAttempt(run);
  const now = clock.now();
  log.warn("run cannot begin", { run: run.id, attempt, code: fault.code, reason: fault.reason });
  const written = { run: undefined as Run | undefined };
  await changeRun(rows, run.id, (current) => {
    written.run = afterFailedStart(current, { attempt, fault, now });
    return written.run;
  });
  if (written.run === undefined || !isOpen(written.run.status)) return;
  const item: WorkItem = { v: 1, kind: "start-run", run: run.id, attempt: attempt + 1 };
  await queue.send(JSON.stringify(item), { delayMs: delayAfter(attempt, fault.retryAfterMs) });
}

/** The wait for a group that cannot be read now; then what is known is archived, and the gap named. */
const patientStarts = 2;

/** Syncs, chooses, and says what came of it; a run without a directory cannot begin. */
async function choose(
  run: Run,
  { profile, also }: { profile: Profile; also: string[] },
  deps: StartDeps,
): Promise<Choice> {
  if (profile.syncDirectoryFirst) await deps.syncDirectory(profile.connection);
  const patient = profile.mailboxes.mode === "except" || startAttempt(run) < patientStarts;
  const enter: EnterUsers = (...found) => deps.enterUsers(profile.connection, ...found);
  return chooseMailboxes(profile, deps, { patient, enter, also });
}

async function previousRun({ id, profile, requestedAt }: Run, rows: RowStore): Promise<Run | undefined> {
  const oldest = Date.parse(requestedAt) - lookedAfterMs;
  for await (const run of listRuns(rows)) {
    if (run.profile === profile && run.id !== id && run.directory !== undefined) return run;
    if (Date.parse(run.requestedAt) < oldest) return undefined;
  }
  return undefined;
}

/** Sending twice is harmless: only one worker gets the claim, and the other item finds its part ended. */
async function sendParts(run: Run, { rows, queue }: StartDeps): Promise<void> {
  for await (const { mailbox, status, generation } of listParts(rows, run.id)) {
    if (status !== "pending") continue;
    const item: WorkItem = { v: 1, kind: "archive-mailbox", run: run.id, mailbox, generation };
    await queue.send(JSON.stringify(item));
  }
}

/**
 * Fails a run that could not begin; with `attempt`, only if that is the try that is due. One that has begun is its
 * mailboxes' to end: they are at work, or will be revived.
 */
export async function failRun(
  id: RunId,
  problem: Problem | Problem[],
  { rows, clock, attempt, found = {} }: Pick<StartDeps, "rows" | "clock"> & { attempt?: number; found?: Partial<Run> },
): Promise<void> {
  await changeRun(rows, id, (stored) => {
    if (!isOpen(stored.status) || stored.startedAt !== undefined) return undefined;
    if (attempt !== undefined && attempt !== startAttempt(stored)) return undefined;
    const { resumeAt: _, ...run } = stored;
    const at = clock.now().toISOString();
    const problems = [...run.problems, ...[problem].flat()];
    return { ...run, ...found, status: "failed", startedAt: at, endedAt: at, problems };
  });
}

export async function failMailbox(
  id: RunId,
  mailbox: MailboxId,
  problem: Problem,
  { rows, clock }: Pick<StartDeps, "rows" | "clock">,
): Promise<void> {
  const at = clock.now().toISOString();
  await changePart(rows, id, mailbox, (part) =>
    isOpen(part.status)
      ? {
          ...part,
          status: "failed",
          reason: problem.code,
          problems: [...part.problems, problem],
          endedAt: at,
          updatedAt: at,
        }
      : undefined,
  );
}
