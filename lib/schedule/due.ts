// Pure: when a profile's schedule falls due. NCRONTAB has six fields, seconds first; croner reads them and knows time
// zones and daylight saving.
import { Cron } from "croner";
import { blackoutEnd, leavesTime } from "../core/blackout.js";
import { MailkeepError } from "../core/errors.js";
import type { Schedule } from "../profiles/schedule.js";

/** When, of a profile: its own times, or those of the schedule it names. */
export interface When {
  enabled: boolean;
  schedule: Schedule | null;
}

/** @throws invalid (INVALID_SCHEDULE) for an expression or a time zone that croner refuses. */
export function nextDue(schedule: Pick<Schedule, "cron" | "timeZone">, after: Date): Date | undefined {
  return read(schedule, "").nextRun(after) ?? undefined;
}

/**
 * The errors name the field to mend: `cron` of a schedule, `schedule.cron` of a profile.
 * @param within where the schedule stands in what the caller sent, e.g. `schedule.`
 */
export function assertTimes(schedule: Schedule, within: "" | "schedule."): void {
  if (schedule.cron.trim().split(/\s+/).length !== 6)
    throw invalid(`${within}cron`, "needs six fields: seconds minutes hours days months weekdays");
  try {
    new Intl.DateTimeFormat("en", { timeZone: schedule.timeZone });
  } catch {
    throw invalid(`${within}timeZone`, "is not an IANA time zone, e.g. Europe/Berlin");
  }
  if (!leavesTime({ timeZone: schedule.timeZone, windows: schedule.blackouts }, new Date(0)))
    throw invalid(`${within}blackouts`, "leave no time for a run");
  if (!read(schedule, within).nextRun(new Date(0))) throw invalid(`${within}cron`, "never falls due");
}

function read(schedule: Pick<Schedule, "cron" | "timeZone">, within: string): Cron {
  try {
    return new Cron(schedule.cron, { timezone: schedule.timeZone, mode: "6-part" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw invalid(`${within}cron`, `is not an NCRONTAB expression: ${why.slice(0, 200)}`);
  }
}

const invalid = (field: string, message: string) =>
  new MailkeepError("invalid", `${field} ${message}`, { reason: "INVALID_SCHEDULE", field });

/**
 * Whether a run is due now: some moment of the schedule lies between the last one that was served and now. However many
 * were missed during an outage, one run makes up for them.
 */
export function isDue(profile: When, lastServed: Date, now: Date): boolean {
  if (!profile.enabled || profile.schedule === null) return false;
  const next = nextDue(profile.schedule, lastServed);
  return next !== undefined && next.getTime() <= now.getTime();
}

/** When the blackout window of the schedule ends that is open now; undefined when none is. */
export function blackoutUntil({ schedule }: Pick<When, "schedule">, now: Date): Date | undefined {
  if (schedule === null || schedule.blackouts === undefined) return undefined;
  return blackoutEnd({ timeZone: schedule.timeZone, windows: schedule.blackouts }, now);
}
