// A run that cannot begin yet: what is in the way, and when it is tried again. Pure.
import type { MailkeepError } from "../core/errors.js";
import { day, hour, minute } from "../core/time.js";
import { isOpen, type Problem, type Run } from "./run.js";

/** Waits after the first, second, … failed start. Whoever asks us to stay away longer is heeded. */
const waitsMs = [minute, 2 * minute, 4 * minute, 8 * minute];
const longestWaitMs = 15 * minute;

/** A directory that gives no answer for so long needs a person; the schedule begins another run meanwhile. */
const giveUpAfterMs = 12 * hour;

/** The queue hides an item for seven days at the most. */
const mostMs = 6 * day;

/** Which try of a run's start is due; an item of an earlier one is stale. */
export const startAttempt = (run: Run): number => run.start?.attempt ?? 0;

export const delayAfter = (attempt: number, retryAfterMs = 0): number =>
  Math.min(Math.max(waitsMs[attempt] ?? longestWaitMs, retryAfterMs), mostMs);

/** The run after a start in vain; undefined when somebody else wrote that down, or the run began or ended meanwhile. */
export function afterFailedStart(
  run: Run,
  { attempt, fault, now }: { attempt: number; fault: MailkeepError; now: Date },
): Run | undefined {
  if (!isOpen(run.status) || run.startedAt !== undefined || startAttempt(run) !== attempt) return undefined;
  const at = now.toISOString();
  const failingSince = run.start?.failingSince ?? at;
  const next = { attempt: attempt + 1, failingSince };
  if (now.getTime() - Date.parse(failingSince) >= giveUpAfterMs) {
    const message = `${fault.message}; tried ${attempt + 1} times since ${failingSince}`;
    const { resumeAt: _, ...rest } = run;
    const problems = [problemOf(fault, message)];
    return { ...rest, start: next, status: "failed", startedAt: at, endedAt: at, problems };
  }
  const resumeAt = new Date(now.getTime() + delayAfter(attempt, fault.retryAfterMs)).toISOString();
  const problems = [problemOf(fault, `${fault.message}; the run could not begin yet and will be tried again`)];
  return { ...run, start: next, status: fault.code === "throttled" ? "throttled" : "pending", problems, resumeAt };
}

function problemOf({ reason, code, requestId }: MailkeepError, message: string): Problem {
  return { code: reason ?? code, message, ...(requestId !== undefined && { requestId }) };
}
