// The audit at the door.
import type { auditRoutes } from "../../lib/api/audit.js";
import { asList, pageRequest } from "../../lib/api/list.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function auditCalls({ audit }: Pick<App, "audit">): Calls<typeof auditRoutes> {
  return {
    async listAudit({ query, url }) {
      const page = await audit.list({ ...given(query), ...pageRequest(query) });
      return { json: asList(page, url, (entry) => entry) };
    },
    async getAuditVersion({ params }) {
      return { json: await audit.version(params.hash) };
    },
    async checkAudit({ query }) {
      return { json: await audit.check(given(query)) };
    },
  };
}

/** Without the fields that were not asked by. */
function given<
  T extends {
    from?: Date | undefined;
    to?: Date | undefined;
    subject?: string | undefined;
    object?: string | undefined;
  },
>({ from, to, subject, object }: T) {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(subject !== undefined && { subject }),
    ...(object !== undefined && { object }),
  };
}
