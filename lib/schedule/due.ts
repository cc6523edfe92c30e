// Pure: when a profile's schedule falls due. NCRONTAB has six fields, seconds first; croner reads them and knows time
// zones and daylight saving.
import { Cron } from "croner";
import { blackoutEnd, leavesTime } from "../core/blackout.js";
import { MailkeepError } from "../core/errors.js";
import type { Profile } from "../profiles/profile.js";

type Schedule = NonNullable<Profile["schedule"]>;

/** @throws invalid, naming the field, for an expression or a time zone that croner refuses. */
export function nextDue(schedule: Pick<Schedule, "cron" | "timeZone">, after: Date): Date | undefined {
  return read(schedule).nextRun(after) ?? undefined;
}

/** Both errors name the part of the profile to mend. */
export function assertSchedule(schedule: Schedule): void {
  if (schedule.cron.trim().split(/\s+/).length !== 6)
    throw invalid("schedule.cron", "needs six fields: seconds minutes hours days months weekdays");
  try {
    new Intl.DateTimeFormat("en", { timeZone: schedule.timeZone });
  } catch {
    throw invalid("schedule.timeZone", "is not an IANA time zone, e.g. Europe/Berlin");
  }
  if (!leavesTime({ timeZone: schedule.timeZone, windows: schedule.blackouts }, new Date(0)))
    throw invalid("schedule.blackouts", "leave no time for a run");
  if (nextDue(schedule, new Date(0)) === undefined) throw invalid("schedule.cron", "never falls due");
}

function read(schedule: Pick<Schedule, "cron" | "timeZone">): Cron {
  try {
    return new Cron(schedule.cron, { timezone: schedule.timeZone, mode: "6-part" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw invalid("schedule.cron", `is not an NCRONTAB expression: ${why.slice(0, 200)}`);
  }
}

const invalid = (field: string, message: string) =>
  new MailkeepError("invalid", `${field} ${message}`, { reason: "INVALID_SCHEDULE", field });

/**
 * Whether a run is due now: some moment of the schedule lies between the last one that was served and now. However many
 * were missed during an outage, one run makes up for them.
 */
export function isDue(profile: Pick<Profile, "enabled" | "schedule">, lastServed: Date, now: Date): boolean {
  if (!profile.enabled || profile.schedule === null) return false;
  const next = nextDue(profile.schedule, lastServed);
  return next !== undefined && next.getTime() <= now.getTime();
}

/** When the blackout window of the schedule ends that is open now; undefined when none is. */
export function blackoutUntil({ schedule }: Pick<Profile, "schedule">, now: Date): Date | undefined {
  if (schedule === null || schedule.blackouts === undefined) return undefined;
  return blackoutEnd({ timeZone: schedule.timeZone, windows: schedule.blackouts }, now);
}
