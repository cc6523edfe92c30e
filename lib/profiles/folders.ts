// Which folders of a mailbox, as a caller writes it.
import { z } from "zod";

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

export const Folders = z.strictObject({
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
export type Folders = z.infer<typeof Folders>;
