// Schedules at the door.
import { asList, pageOf, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { scheduleRoutes } from "../../lib/api/schedules.js";
import type { App } from "../../lib/app.js";
import { MailkeepError } from "../../lib/core/errors.js";

export function scheduleCalls({ schedules }: Pick<App, "schedules">): Calls<typeof scheduleRoutes> {
  return {
    async listSchedules({ query, url }) {
      const page = await pageOf(await schedules.list(), pageRequest(query), ({ schedule }) => schedule.id);
      return { json: asList(page, url, ({ schedule }) => schedule) };
    },
    async createSchedule({ body }) {
      const { schedule, etag } = await schedules.create(body);
      return { json: schedule, etag, location: `${apiRoot}/schedules/${schedule.id}` };
    },
    async getSchedule({ params }) {
      const { schedule, etag } = await schedules.get(params.id);
      return { json: schedule, etag };
    },
    async replaceSchedule({ params, body, ifMatch }) {
      const { id = params.id, effectiveSince: _, createdAt: _1, updatedAt: _2, ...input } = body;
      if (id !== params.id) throw otherSchedule();
      assertCurrent(await schedules.get(params.id), ifMatch);
      const { schedule, etag } = await schedules.replace(params.id, input, ifMatch);
      return { json: schedule, etag };
    },
    async deleteSchedule({ params, ifMatch }) {
      assertCurrent(await schedules.get(params.id), ifMatch);
      await schedules.remove(params.id, ifMatch);
      return {};
    },
  };
}

/** Storage compares versions too, and last; but one that it could never have given it calls malformed. */
function assertCurrent({ etag }: { etag: string }, ifMatch: string): void {
  if (etag !== ifMatch) throw new MailkeepError("precondition-failed", "the schedule is not the version of If-Match");
}

const otherSchedule = () =>
  new MailkeepError("invalid", "id is not the id of this schedule", { reason: "INVALID_INPUT", field: "id" });
