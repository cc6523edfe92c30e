// Runs at the door.

import { asList, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { runRoutes } from "../../lib/api/runs.js";
import type { App } from "../../lib/app.js";

export function runCalls({ runs, deletions }: Pick<App, "runs" | "deletions">): Calls<typeof runRoutes> {
  return {
    async listRuns({ query, url }) {
      const { profile } = query;
      const page = await runs.list({ ...pageRequest(query), ...(profile !== undefined && { profile }) });
      return { json: asList(page, url, (run) => run) };
    },
    async getRun({ params }) {
      return { json: await runs.get(params.id) };
    },
    async listMailboxRuns({ params, query, url }) {
      const page = await runs.mailboxes(params.id, pageRequest(query));
      return { json: asList(page, url, (part) => part) };
    },
    async getRunSettings({ params }) {
      return { json: await runs.settings(params.id) };
    },
    async listRunDeletions({ params, query, url }) {
      const page = await deletions.list(params.id, pageRequest(query));
      return { json: asList(page, url, (entry) => entry) };
    },
    async cancelRun({ params }) {
      const run = await runs.cancel(params.id);
      return { json: run, location: `${apiRoot}/runs/${run.id}` };
    },
  };
}
