// When a profile runs: times of its own, or a schedule that it shares with other profiles and names by its id.
import { z } from "zod";
import { weekdays } from "../core/blackout.js";
import { ScheduleId } from "../core/ids.js";

const BlackoutWindow = z
  .strictObject({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "is not a time such as 22:00"),
    /** At or before `from`: on the next day. */
    to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "is not a time such as 06:00, or 24:00"),
    /** The days it begins on. */
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .max(7)
      .default([...weekdays]),
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    message: "is the same as from; a whole day is 00:00 to 24:00",
  });

export const Schedule = z.strictObject({
  /** NCRONTAB: seconds minutes hours days months weekdays. */
  cron: z.string().max(200),
  /** IANA name, e.g. Europe/Berlin. */
  timeZone: z.string().max(64).default("Etc/UTC"),
  /** When nothing may run, in the same time zone: a run that is due waits, one that runs pauses. A manual run ignores them. */
  blackouts: z.array(BlackoutWindow).max(20).default([]),
});
export type Schedule = z.infer<typeof Schedule>;

export const ScheduleRef = z.strictObject({
  /** The id of a schedule of `/schedules`; what is changed there holds for every profile that names it. */
  ref: ScheduleId,
});

export const ProfileSchedule = z.union([Schedule, ScheduleRef]);
export type ProfileSchedule = z.infer<typeof ProfileSchedule>;

/** A schedule that many profiles share, as a caller sends it. */
export const SharedScheduleInput = z.strictObject({
  name: z.string().trim().min(1).max(120),
  description: z.string().max(2_000).default(""),
  ...Schedule.shape,
});
export type SharedScheduleInput = z.infer<typeof SharedScheduleInput>;

export interface SharedSchedule extends SharedScheduleInput {
  id: ScheduleId;
  /** Since when its times are what they are: none before it is made up for. */
  effectiveSince: string;
  createdAt: string;
  updatedAt: string;
}
