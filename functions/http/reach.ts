// Access tests at the door.

import { asList, pageRequest } from "../../lib/api/list.js";
import type { reachRoutes } from "../../lib/api/reach.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function reachCalls({ reach }: Pick<App, "reach">): Calls<typeof reachRoutes> {
  return {
    async testDraft({ body: { id: _, createdAt: __, updatedAt: ___, ...profile } }) {
      return { json: await reach.testDraft(profile) };
    },
    async testProfile({ params, body }) {
      return { json: await reach.testProfile(params.id, body.mailboxes) };
    },
    async getMailboxAccess({ params }) {
      return { json: await reach.mailbox(params.id) };
    },
    async getBlastRadius({ query, url }) {
      const { next, ...found } = await reach.blastRadius({ ...pageRequest(query), connection: query.connection });
      const { nextLink } = asList({ value: [], ...(next !== undefined && { next }) }, url, (item) => item);
      return { json: { ...found, ...(nextLink !== undefined && { nextLink }) } };
    },
  };
}
