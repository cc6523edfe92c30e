// Mailboxes at the door.

import { asList, pageOf, pageRequest } from "../../lib/api/list.js";
import type { mailboxRoutes } from "../../lib/api/mailboxes.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";
import { shortHash } from "../../lib/core/ids.js";

export function mailboxCalls({ mailboxes }: Pick<App, "mailboxes">): Calls<typeof mailboxRoutes> {
  return {
    async listMailboxes({ query, url }) {
      return {
        json: asList(
          await mailboxes.list({ ...pageRequest(query), ...(query.connection && { connection: query.connection }) }),
          url,
          (mailbox) => mailbox,
        ),
      };
    },
    async getMailbox({ params }) {
      return { json: await mailboxes.get(params.id) };
    },
    async listFolders({ params }) {
      return { json: await mailboxes.folders(params.id) };
    },
    async listQuarantine({ params, query, url }) {
      await mailboxes.get(params.id);
      // The rows lie in the order of the hashes of their ids (lib/catalog/quarantine.ts).
      const page = await pageOf(await mailboxes.quarantine(params.id), pageRequest(query), ({ id }) => shortHash(id));
      return { json: asList(page, url, (message) => message) };
    },
    async syncDirectory({ query }) {
      return { json: await mailboxes.sync(query.connection) };
    },
  };
}
