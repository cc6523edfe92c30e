// Pure: how the blackout windows of a profile touch its runs. A run of the schedule pauses in them; one that a person wishes
// for does not, and says so.
import { blackoutEnd, blackoutReason, nextBlackout } from "../core/blackout.js";
import { hour } from "../core/time.js";
import type { Schedule } from "../profiles/schedule.js";
import { isOpen, type MailboxRun, type Run } from "./run.js";

export function blackoutsFor(schedule: Schedule | null, trigger: Run["trigger"]): Pick<Run, "blackouts"> {
  const windows = schedule?.blackouts ?? [];
  if (schedule === null || windows.length === 0) return {};
  return { blackouts: trigger === "manual" ? "ignored" : { timeZone: schedule.timeZone, windows } };
}

/** When the window ends that keeps the run from working now. */
export function pausedUntil({ blackouts }: Pick<Run, "blackouts">, now: Date): Date | undefined {
  return blackouts === undefined || blackouts === "ignored" ? undefined : blackoutEnd(blackouts, now);
}

/** For how long the run may work from now on, in milliseconds: up to `budgetMs`, and not into a window. */
export function workingTimeMs({ blackouts }: Pick<Run, "blackouts">, now: Date, budgetMs: number): number {
  const next = blackouts === undefined || blackouts === "ignored" ? undefined : nextBlackout(blackouts, now);
  return next === undefined ? budgetMs : Math.min(budgetMs, next.getTime() - now.getTime());
}

/** An item is not hidden for longer, so that a cancelled run is not heard of for days. */
const longestNapMs = 6 * hour;

export const napMs = (until: Date, now: Date): number => Math.min(until.getTime() - now.getTime(), longestNapMs);

/** The mailbox as it waits for the end of a window: nobody works at it, whether or not somebody has. */
export function asleep(part: MailboxRun, until: Date, now: Date): MailboxRun {
  return {
    ...part,
    status: "pending",
    reason: blackoutReason,
    generation: part.generation + 1,
    updatedAt: now.toISOString(),
    resumeAt: until.toISOString(),
  };
}

/** Without what it waited for. */
export function awake(part: MailboxRun): MailboxRun {
  if (part.reason !== blackoutReason) return part;
  const { reason: _, resumeAt: __, ...rest } = part;
  return rest;
}

/** What an open run waits for. */
export interface RunWait {
  /** Absent: Microsoft 365 asked for a pause. */
  waitsFor?: typeof blackoutReason;
  /** When the first of its mailboxes goes on. */
  resumeAt: string;
}

/** What an open run waits for, when all its open mailboxes wait for the same. */
export function waitOf(parts: MailboxRun[]): RunWait | undefined {
  const open = parts.filter(({ status }) => isOpen(status));
  const first = open.map(({ resumeAt = "" }) => resumeAt).sort()[0];
  if (!first) return undefined;
  if (open.every(({ reason }) => reason === blackoutReason)) return { waitsFor: blackoutReason, resumeAt: first };
  return open.every(({ status }) => status === "throttled") ? { resumeAt: first } : undefined;
}
