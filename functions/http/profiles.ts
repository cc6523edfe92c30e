// Profiles at the door.

import { asList, pageOf, pageRequest } from "../../lib/api/list.js";
import type { profileRoutes } from "../../lib/api/profiles.js";
import { apiRoot, type Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";
import { MailkeepError } from "../../lib/core/errors.js";

export function profileCalls({ profiles }: Pick<App, "profiles">): Calls<typeof profileRoutes> {
  return {
    async listProfiles({ query, url }) {
      const page = await pageOf(await profiles.list(), pageRequest(query), ({ profile }) => profile.id);
      return { json: asList(page, url, ({ profile }) => profile) };
    },
    async createProfile({ body }) {
      const { profile, etag } = await profiles.create(body);
      return { json: profile, etag, location: `${apiRoot}/profiles/${profile.id}` };
    },
    async getProfile({ params }) {
      const { profile, etag } = await profiles.get(params.id);
      return { json: profile, etag };
    },
    async replaceProfile({ params, body, ifMatch }) {
      const { id = params.id, createdAt: _, updatedAt: __, ...input } = body;
      if (id !== params.id) throw otherProfile();
      assertCurrent(await profiles.get(params.id), ifMatch);
      const { profile, etag } = await profiles.replace(params.id, input, ifMatch);
      return { json: profile, etag };
    },
    async deleteProfile({ params, ifMatch }) {
      assertCurrent(await profiles.get(params.id), ifMatch);
      await profiles.remove(params.id, ifMatch);
      return {};
    },
    async runProfile({ params }) {
      const { run } = await profiles.run(params.id);
      return { json: run, location: `${apiRoot}/runs/${run.id}` };
    },
  };
}

/**
 * Storage compares versions too, and last; but one that it could never have given it calls malformed, and to the caller a
 * version is only current or not.
 */
function assertCurrent({ etag }: { etag: string }, ifMatch: string): void {
  if (etag !== ifMatch) throw new MailkeepError("precondition-failed", "the profile is not the version of If-Match");
}

const otherProfile = () =>
  new MailkeepError("invalid", "id is not the id of this profile", { reason: "INVALID_INPUT", field: "id" });
