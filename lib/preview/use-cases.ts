// What the API asks of this room.
import type { ProfileId } from "../core/ids.js";
import type { ProfileInput } from "../profiles/profile.js";
import { getProfile } from "../profiles/repo.js";
import { type Preview, type PreviewDeps, previewProfile } from "./preview-profile.js";

export function previewUseCases(deps: PreviewDeps) {
  return {
    draft: (profile: ProfileInput): Promise<Preview> => previewProfile(profile, deps),
    async profile(id: ProfileId): Promise<Preview> {
      const { profile } = await getProfile(deps.rows, id);
      return previewProfile(profile, deps);
    },
  };
}
