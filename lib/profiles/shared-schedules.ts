// Schedules that profiles share, as rows: a partition of their own beside the profiles.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ScheduleId } from "../core/ids.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import type { Profile } from "./profile.js";
import type { Schedule, SharedSchedule } from "./schedule.js";

const partition = "schedules";

export interface StoredSchedule {
  schedule: SharedSchedule;
  etag: string;
  /** Somebody is removing it, since then (ISO 8601): no profile may name it any more. */
  leavingSince?: string;
}

const toValues = (schedule: SharedSchedule) => ({ name: schedule.name, json: JSON.stringify(schedule) });
const fromRow = ({ values, etag }: StoredRow): StoredSchedule => ({
  schedule: JSON.parse(String(values.json)) as SharedSchedule,
  etag,
  ...(values.leavingSince !== undefined && { leavingSince: String(values.leavingSince) }),
});

/** Its id is new: a row that is there already is our own write, whose answer was lost. */
export async function insertSchedule(rows: RowStore, schedule: SharedSchedule): Promise<StoredSchedule> {
  try {
    return { schedule, etag: await rows.insert("profiles", { partition, row: schedule.id }, toValues(schedule)) };
  } catch (error) {
    const stored = isMailkeepError(error, "conflict") ? await findSchedule(rows, schedule.id) : undefined;
    if (stored === undefined || JSON.stringify(stored.schedule) !== JSON.stringify(schedule)) throw error;
    return stored;
  }
}

export async function findSchedule(rows: RowStore, id: ScheduleId): Promise<StoredSchedule | undefined> {
  const row = await rows.get("profiles", { partition, row: id });
  return row && fromRow(row);
}

/** @throws not-found with reason SCHEDULE_NOT_FOUND */
export async function getSchedule(rows: RowStore, id: ScheduleId): Promise<StoredSchedule> {
  const found = await findSchedule(rows, id);
  if (found !== undefined) return found;
  throw new MailkeepError("not-found", `no schedule ${id}`, { reason: "SCHEDULE_NOT_FOUND" });
}

/** @throws precondition-failed when somebody changed the schedule since `etag` */
export async function replaceSchedule(rows: RowStore, schedule: SharedSchedule, etag: string): Promise<StoredSchedule> {
  const key = { partition, row: schedule.id };
  return { schedule, etag: await rows.replace("profiles", key, toValues(schedule), etag) };
}

/** Says that it is being removed, to whoever is about to name it. @throws precondition-failed */
export async function markLeaving(rows: RowStore, schedule: SharedSchedule, mark: { etag: string; since: string }) {
  const values = { ...toValues(schedule), leavingSince: mark.since };
  return rows.replace("profiles", { partition, row: schedule.id }, values, mark.etag);
}

export async function deleteSchedule(rows: RowStore, id: ScheduleId, etag: string): Promise<void> {
  await rows.delete("profiles", { partition, row: id }, etag);
}

/** In the order of their ids. */
export async function* listSchedules(rows: RowStore): AsyncIterable<StoredSchedule> {
  for await (const row of rows.scan("profiles", partition)) yield fromRow(row);
}

/** The times of a profile, and since when they hold where that is known. */
export type Times = Schedule & Partial<Pick<SharedSchedule, "effectiveSince">>;

/**
 * The times by which a profile runs, wherever they are written; null when it has none.
 * @throws not-found (SCHEDULE_NOT_FOUND) for a schedule that is gone
 */
export async function timesOf({ schedule }: Pick<Profile, "schedule">, rows: RowStore): Promise<Times | null> {
  if (schedule === null || !("ref" in schedule)) return schedule;
  return (await getSchedule(rows, schedule.ref)).schedule;
}

/** The same for many profiles at one moment: each schedule is read once. */
export function timesReader(rows: RowStore): (profile: Pick<Profile, "schedule">) => Promise<Times | null> {
  const read = new Map<ScheduleId, Promise<Times | null>>();
  return (profile) => {
    if (profile.schedule === null || !("ref" in profile.schedule)) return timesOf(profile, rows);
    const { ref } = profile.schedule;
    const times = read.get(ref) ?? timesOf(profile, rows);
    read.set(ref, times);
    return times;
  };
}
