// What shall be archived: the profile as the API shows it and the tables keep it (design section 8).
import { z } from "zod";
import { ConnectionId, defaultConnection, type ProfileId } from "../core/ids.js";
import { Deletion } from "./deletion.js";
import { MessageFilter } from "./filter.js";
import { Folders } from "./folders.js";
import { Overrides, RequestTimeoutSeconds } from "./overrides.js";
import { ProfileSchedule } from "./schedule.js";
import { Mailboxes } from "./selection.js";

/** What a caller sends. Omitted fields take their defaults; unknown fields are refused. */
export const ProfileInput = z.strictObject({
  name: z.string().trim().min(1).max(120),
  description: z.string().max(2_000).default(""),
  connection: ConnectionId.default(defaultConnection),
  enabled: z.boolean().default(true),
  mailboxes: Mailboxes,
  syncDirectoryFirst: z.boolean().default(true),
  folders: Folders.prefault({}),
  filter: MessageFilter.prefault({}),
  deletion: Deletion.default({ mode: "none" }),
  schedule: ProfileSchedule.nullable().default(null),
  /** Per request to Graph; the archive never waits longer for one answer. */
  requestTimeoutSeconds: RequestTimeoutSeconds.default(100),
  overrides: Overrides.default([]),
});
export type ProfileInput = z.infer<typeof ProfileInput>;

export interface Profile extends ProfileInput {
  id: ProfileId;
  createdAt: string;
  updatedAt: string;
}
