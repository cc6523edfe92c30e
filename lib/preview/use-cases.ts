// What the API asks of this room.
import type { ProfileId } from "../core/ids.js";
import type { ProfileInput } from "../profiles/profile.js";
import { getProfile } from "../profiles/repo.js";
import { sealProfile } from "../profiles/settings.js";
import { type Preview, type PreviewDeps, previewProfile } from "./preview-profile.js";

export interface DraftDeps extends PreviewDeps {
  /** @throws invalid naming the field, when it could not be saved as it is */
  assertDraft(profile: ProfileInput): Promise<void>;
}

export function previewUseCases(deps: DraftDeps) {
  return {
    async draft(profile: ProfileInput): Promise<Preview> {
      await deps.assertDraft(profile);
      return previewProfile(sealProfile(profile), deps);
    },
    async profile(id: ProfileId): Promise<Preview> {
      const { profile } = await getProfile(deps.rows, id);
      return previewProfile(sealProfile(profile), deps);
    },
  };
}
