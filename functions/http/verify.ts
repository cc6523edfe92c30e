// Verifications and proofs at the door.
import { asList, pageRequest } from "../../lib/api/list.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { verifyRoutes } from "../../lib/api/verify.js";
import type { App } from "../../lib/app.js";

export function verifyCalls({ verify }: Pick<App, "verify">): Calls<typeof verifyRoutes> {
  return {
    async startVerification({ body }) {
      const verification = await verify.request(body);
      return { json: verification, location: `${apiRoot}/verify/${verification.id}` };
    },
    async getVerification({ params }) {
      return { json: await verify.get(params.id) };
    },
    async listMailboxVerifications({ params, query, url }) {
      const page = await verify.mailboxes(params.id, pageRequest(query));
      return { json: asList(page, url, (part) => part) };
    },
    async cancelVerification({ params }) {
      const verification = await verify.cancel(params.id);
      return { json: verification, location: `${apiRoot}/verify/${verification.id}` };
    },
    async getProof({ params }) {
      return { json: await verify.prove(params.id, params.key) };
    },
  };
}
