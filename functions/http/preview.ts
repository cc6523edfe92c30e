// Previews at the door.
import type { previewRoutes } from "../../lib/api/preview.js";
import type { Calls } from "../../lib/api/route.js";
import type { App } from "../../lib/app.js";

export function previewCalls({ preview }: Pick<App, "preview">): Calls<typeof previewRoutes> {
  return {
    async previewDraft({ body: { id: _, createdAt: __, updatedAt: ___, ...profile } }) {
      return { json: await preview.draft(profile) };
    },
    async previewProfile({ params }) {
      return { json: await preview.profile(params.id) };
    },
  };
}
