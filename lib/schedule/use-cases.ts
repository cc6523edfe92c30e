// What administrators do with schedules, put together for the composition root.
import type { ScheduleId } from "../core/ids.js";
import type { SharedScheduleInput } from "../profiles/schedule.js";
import { getSchedule, listSchedules, type StoredSchedule } from "../profiles/shared-schedules.js";
import { changeSchedule, createSchedule, type EditDeps, removeSchedule } from "./edit.js";

export function scheduleUseCases(deps: EditDeps) {
  const { rows } = deps;
  return {
    async list(): Promise<StoredSchedule[]> {
      const all: StoredSchedule[] = [];
      for await (const stored of listSchedules(rows)) all.push(stored);
      return all;
    },
    get: (id: ScheduleId): Promise<StoredSchedule> => getSchedule(rows, id),
    create: (input: SharedScheduleInput): Promise<StoredSchedule> => createSchedule(input, deps),
    replace: (id: ScheduleId, input: SharedScheduleInput, etag: string): Promise<StoredSchedule> =>
      changeSchedule(id, input, { ...deps, etag }),
    remove: (id: ScheduleId, etag: string): Promise<void> => removeSchedule(id, etag, deps),
  };
}
