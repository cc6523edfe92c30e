// Profiles over HTTP.
import { z } from "zod";
import { ProfileId } from "../core/ids.js";
import { ProfileInput } from "../profiles/profile.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";
import { RunAnswer } from "./runs.js";

export const ProfileAnswer = ProfileInput.extend({
  id: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export const ProfileList = listOf(ProfileAnswer);

/** A profile as it was read may be sent back changed: what only we decide is accepted and has no effect. */
export const ProfileReplacement = ProfileInput.extend({
  id: ProfileId.optional(),
  createdAt: z.string().max(40).optional(),
  updatedAt: z.string().max(40).optional(),
});

const tag = "profiles";
const params = z.strictObject({ id: ProfileId });

export const profileRoutes = {
  listProfiles: route({
    method: "GET",
    path: "/profiles",
    tag,
    summary: "All profiles, in the order of their ids",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ProfileList },
  }),
  createProfile: route({
    method: "POST",
    path: "/profiles",
    tag,
    summary: "Create a profile; omitted fields take their defaults",
    right: "configure",
    body: ProfileInput,
    answer: { status: 201, schema: ProfileAnswer, etag: true, location: true },
    problems: [409],
  }),
  getProfile: route({
    method: "GET",
    path: "/profiles/{id}",
    tag,
    summary: "One profile",
    right: "see",
    params,
    answer: { status: 200, schema: ProfileAnswer, etag: true },
    problems: [404],
  }),
  replaceProfile: route({
    method: "PUT",
    path: "/profiles/{id}",
    tag,
    summary: "Replace a profile; omitted fields take their defaults",
    right: "configure",
    params,
    body: ProfileReplacement,
    needsIfMatch: true,
    answer: { status: 200, schema: ProfileAnswer, etag: true },
    problems: [404, 409],
  }),
  deleteProfile: route({
    method: "DELETE",
    path: "/profiles/{id}",
    tag,
    summary: "Remove a profile; the mail archived through it stays",
    right: "configure",
    params,
    needsIfMatch: true,
    answer: { status: 204 },
    problems: [404],
  }),
  runProfile: route({
    method: "POST",
    path: "/profiles/{id}/run",
    tag,
    summary: "Run now; answers with the run of this profile that is still open, if there is one",
    right: "operate",
    params,
    answer: { status: 202, schema: RunAnswer, location: true },
    problems: [404, 409],
  }),
};
