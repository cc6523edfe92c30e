// Create, replace and remove schedules that profiles share.
import { MailkeepError } from "../core/errors.js";
import { newScheduleId, type Random, type ScheduleId } from "../core/ids.js";
import { isLeaving } from "../core/leaving.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import { listProfiles } from "../profiles/repo.js";
import type { ProfileSchedule, SharedScheduleInput } from "../profiles/schedule.js";
import {
  deleteSchedule,
  findSchedule,
  getSchedule,
  insertSchedule,
  listSchedules,
  markLeaving,
  replaceSchedule,
  type StoredSchedule,
} from "../profiles/shared-schedules.js";
import { assertTimes } from "./due.js";

export interface EditDeps {
  rows: RowStore;
  clock: Clock;
  random: Random;
}

/** More than anybody can tell apart; the list is read as a whole. */
const scheduleLimit = 1_000;
const usersNamed = 10;

/** @throws invalid naming the field, conflict (SCHEDULE_LIMIT) */
export async function createSchedule(input: SharedScheduleInput, deps: EditDeps): Promise<StoredSchedule> {
  assertTimes(input, "");
  let count = 0;
  for await (const _ of listSchedules(deps.rows)) count++;
  if (count >= scheduleLimit)
    throw new MailkeepError("conflict", `there are ${scheduleLimit} schedules; remove one first`, {
      reason: "SCHEDULE_LIMIT",
    });
  const now = deps.clock.now().toISOString();
  const times = { effectiveSince: now, createdAt: now, updatedAt: now };
  return insertSchedule(deps.rows, { ...input, id: newScheduleId(deps.random), ...times });
}

/**
 * Holds for all its profiles from the next minute on. New times make up for nothing that lies before the change; a new name
 * or new windows leave a run owed that was due.
 * @throws invalid naming the field, not-found, precondition-failed when the etag is not the current one
 */
export async function changeSchedule(
  id: ScheduleId,
  input: SharedScheduleInput,
  { etag, rows, clock }: EditDeps & { etag: string },
): Promise<StoredSchedule> {
  assertTimes(input, "");
  const { schedule: before } = await getSchedule(rows, id);
  const now = clock.now().toISOString();
  const sameTimes = input.cron === before.cron && input.timeZone === before.timeZone;
  const effectiveSince = sameTimes ? before.effectiveSince : now;
  return replaceSchedule(rows, { ...input, id, effectiveSince, createdAt: before.createdAt, updatedAt: now }, etag);
}

/** @throws not-found, conflict (SCHEDULE_IN_USE) while profiles name it, precondition-failed */
export async function removeSchedule(
  id: ScheduleId,
  etag: string,
  { rows, clock }: Pick<EditDeps, "rows" | "clock">,
): Promise<void> {
  const { schedule } = await getSchedule(rows, id);
  await assertUnused(id, rows);
  // From here on nobody can come to name it unseen: who wrote before the mark is found now, who writes after it sees it.
  const mark = await markLeaving(rows, schedule, { etag, since: clock.now().toISOString() });
  try {
    await assertUnused(id, rows);
  } catch (error) {
    await replaceSchedule(rows, schedule, mark);
    throw error;
  }
  await deleteSchedule(rows, id, mark);
}

/** @throws conflict (SCHEDULE_IN_USE) */
async function assertUnused(id: ScheduleId, rows: RowStore): Promise<void> {
  const users: string[] = [];
  for await (const { profile } of listProfiles(rows))
    if (profile.schedule !== null && "ref" in profile.schedule && profile.schedule.ref === id)
      users.push(`${profile.name} (${profile.id})`);
  if (users.length > 0) {
    const named = users.slice(0, usersNamed).join(", ") + (users.length > usersNamed ? ", …" : "");
    const count = users.length === 1 ? "1 profile runs" : `${users.length} profiles run`;
    const message = `${count} by the schedule ${id}: ${named}; give them another schedule first`;
    throw new MailkeepError("conflict", message, { reason: "SCHEDULE_IN_USE" });
  }
}

/** @throws conflict (SCHEDULE_LEAVING) while it is being removed */
async function stay(
  { schedule, etag, leavingSince }: StoredSchedule,
  { rows, clock }: Pick<EditDeps, "rows" | "clock">,
) {
  if (isLeaving(leavingSince, clock.now())) {
    const message = `the schedule ${schedule.id} is just being removed; take another, or try again`;
    throw new MailkeepError("conflict", message, { reason: "SCHEDULE_LEAVING" });
  }
  // Written anew: whoever was removing it, and comes back late, finds another version and does not.
  await replaceSchedule(rows, schedule, etag);
}

/** What a profile may say of its times. @throws invalid naming the field: times that never come, or no such schedule */
export async function assertSchedule(
  schedule: ProfileSchedule,
  { rows, clock }: Pick<EditDeps, "rows" | "clock">,
): Promise<void> {
  if (!("ref" in schedule)) return assertTimes(schedule, "schedule.");
  const found = await findSchedule(rows, schedule.ref);
  if (found?.leavingSince !== undefined) return stay(found, { rows, clock });
  if (found !== undefined) return;
  const message = `there is no schedule ${schedule.ref}; GET /schedules lists them`;
  throw new MailkeepError("invalid", message, { reason: "SCHEDULE_NOT_FOUND", field: "schedule.ref" });
}
