// What shall be archived: the profile as the API shows it and the tables keep it (design section 8).
import { z } from "zod";
import { ConnectionId, defaultConnection, type ProfileId } from "../core/ids.js";
import { Deletion } from "./deletion.js";
import { MessageFilter } from "./filter.js";
import { ProfileSchedule } from "./schedule.js";
import { Mailboxes } from "./selection.js";

/**
 * The mail folders of https://learn.microsoft.com/graph/api/resources/mailfolder that hold messages of their own, and
 * those of Recoverable Items, which Graph knows by name, too.
 */
const wellKnownNames = [
  "archive",
  "clutter",
  "conflicts",
  "conversationhistory",
  "deleteditems",
  "drafts",
  "inbox",
  "junkemail",
  "localfailures",
  "outbox",
  "recoverableitemsdeletions",
  "recoverableitemsdiscoveryholds",
  "recoverableitemspurges",
  "recoverableitemsroot",
  "recoverableitemsversions",
  "scheduled",
  "sentitems",
  "serverfailures",
  "syncissues",
];

/** A folder below it may be named as well: `wellknown:inbox/Projects`. */
const wellKnownNameIn = (pattern: string) => /^wellknown:([a-z]+)(?:\/.*)?$/is.exec(pattern)?.[1]?.toLowerCase() ?? "";

const FolderPattern = z
  .string()
  .max(1_000)
  .refine(
    (pattern) => pattern.startsWith("/") || wellKnownNames.includes(wellKnownNameIn(pattern)),
    `is neither a path that begins with / nor wellknown: and one of ${wellKnownNames.join(", ")}`,
  );

const Folders = z.strictObject({
  /**
   * A pattern chooses a folder and everything below it: `/` all, `/Projects/*`, `/A/**`, `wellknown:inbox`,
   * `wellknown:inbox/Projects`. A slash or star inside a name is written with a backslash before it.
   */
  include: z.array(FolderPattern).min(1).max(200).default(["/"]),
  /** Wins over `include`. */
  exclude: z.array(FolderPattern).max(200).default(["wellknown:drafts", "wellknown:junkemail"]),
  hidden: z.boolean().default(false),
  recoverableItems: z.boolean().default(false),
});

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
  requestTimeoutSeconds: z.number().int().min(10).max(600).default(100),
});
export type ProfileInput = z.infer<typeof ProfileInput>;

export interface Profile extends ProfileInput {
  id: ProfileId;
  createdAt: string;
  updatedAt: string;
}
