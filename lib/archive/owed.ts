// When a message in quarantine is tried again.
import { isOwedBy, type Owed } from "../catalog/quarantine.js";
import type { ImmutableId } from "../core/ids.js";
import { day, hour } from "../core/time.js";

/** Waits after the first, second, … failed attempt. The first ones fall due at once: any later run tries again. */
const waitsMs = [0, 0, 0, hour, 6 * hour, day, 3 * day, 7 * day, 7 * day, 7 * day];

/** Undefined: given up until a person runs the profile by hand. */
export function nextTryAt(attempts: number, now: Date): Date | undefined {
  const wait = waitsMs[attempts - 1];
  return wait === undefined ? undefined : new Date(now.getTime() + wait);
}

/**
 * Whether a run owes the message a try: once in each run at the most (a continuation must not try again), everything when
 * a person started the run, else what has fallen due.
 */
export function isDue(owed: Owed, run: { startedAt: string; trigger: "manual" | "schedule" }, now: Date): boolean {
  if (owed.lastAt >= run.startedAt) return false;
  if (run.trigger === "manual") return true;
  return owed.nextTryAt !== undefined && Date.parse(owed.nextTryAt) <= now.getTime();
}

/**
 * Whether it was tried in vain in this run, and that was written down: a page read again, or another folder that speaks of
 * it, must neither try nor count it again. What was tried for another profile alone is tried for this one.
 */
export function wasTried(
  { owed, runStartedAt, profile }: { owed: ReadonlyMap<ImmutableId, Owed>; runStartedAt: string; profile: string },
  id: ImmutableId,
): boolean {
  const before = owed.get(id);
  if (before === undefined || !isOwedBy(before, profile)) return false;
  return before.lastAt >= runStartedAt;
}
