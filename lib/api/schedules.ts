// Schedules over HTTP: times that many profiles share.
import { z } from "zod";
import { ScheduleId } from "../core/ids.js";
import { SharedScheduleInput } from "../profiles/schedule.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

export const ScheduleAnswer = SharedScheduleInput.extend({
  id: z.string(),
  effectiveSince: z.iso.datetime().describe("Since when cron and timeZone are these; no time before it is made up for"),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export const ScheduleList = listOf(ScheduleAnswer);

/** A schedule as it was read may be sent back changed: what only we decide is accepted and has no effect. */
export const ScheduleReplacement = SharedScheduleInput.extend({
  id: ScheduleId.optional(),
  effectiveSince: z.string().max(40).optional(),
  createdAt: z.string().max(40).optional(),
  updatedAt: z.string().max(40).optional(),
});

const tag = "schedules";
const params = z.strictObject({ id: ScheduleId });

export const scheduleRoutes = {
  listSchedules: route({
    method: "GET",
    path: "/schedules",
    tag,
    summary: "All schedules that profiles may share, in the order of their ids",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ScheduleList },
  }),
  createSchedule: route({
    method: "POST",
    path: "/schedules",
    tag,
    summary: 'Create a schedule; profiles name it as "schedule": {"ref": "s_…"}',
    right: "configure",
    body: SharedScheduleInput,
    answer: { status: 201, schema: ScheduleAnswer, etag: true, location: true },
    problems: [409],
  }),
  getSchedule: route({
    method: "GET",
    path: "/schedules/{id}",
    tag,
    summary: "One schedule",
    right: "see",
    params,
    answer: { status: 200, schema: ScheduleAnswer, etag: true },
    problems: [404],
  }),
  replaceSchedule: route({
    method: "PUT",
    path: "/schedules/{id}",
    tag,
    summary: "Replace a schedule, for all profiles that name it; omitted fields take their defaults",
    right: "configure",
    params,
    body: ScheduleReplacement,
    needsIfMatch: true,
    answer: { status: 200, schema: ScheduleAnswer, etag: true },
    problems: [404],
  }),
  deleteSchedule: route({
    method: "DELETE",
    path: "/schedules/{id}",
    tag,
    summary: "Remove a schedule that no profile names",
    right: "configure",
    params,
    needsIfMatch: true,
    answer: { status: 204 },
    problems: [404, 409],
  }),
};
