// One commit to a mailbox's archive, as data. Creating the record is the commit.
import { z } from "zod";
import { Sha256 } from "../core/digest.js";
import { MailboxId, MessageKey } from "../core/ids.js";
import { MessageRecord } from "../pack/manifest.js";
import { Deleted, Deleting, Kept } from "./deletion.js";
import { PackFacts, Repacked } from "./repacked.js";

/** The message an event speaks of; `receivedAt` makes its catalog row findable without a lookup. */
const known = { key: MessageKey, receivedAt: z.string() };

const FolderChanged = z.object({
  kind: z.literal("folder"),
  folderId: z.string(),
  path: z.string(),
  hidden: z.boolean().optional(),
  /** True when the folder is no longer in the mailbox. */
  gone: z.boolean().optional(),
});

/** The message is in another folder now, which may have given it a new changeKey. */
const Moved = z.object({
  kind: z.literal("moved"),
  ...known,
  from: z.string(),
  to: z.string(),
  toPath: z.string(),
  changeKey: z.string().optional(),
});

/** The message has left the mailbox. It stays in the archive. */
const Removed = z.object({
  kind: z.literal("removed"),
  ...known,
  from: z.string(),
  /** When we noticed, ISO 8601. */
  at: z.string(),
});

/** The message is back in the mailbox after a `removed`. */
const Returned = z.object({
  kind: z.literal("returned"),
  ...known,
  to: z.string(),
  toPath: z.string(),
  changeKey: z.string().optional(),
});

/** Metadata that changed without the content; only what changed is named. */
const Changed = z.object({
  kind: z.literal("changed"),
  ...known,
  changeKey: z.string().optional(),
  isRead: z.boolean().optional(),
  flag: z.string().optional(),
  importance: z.string().optional(),
  categories: z.array(z.string()).optional(),
});

/** Seen and not stored, with a cause that belongs to the profile, not to a fault. */
const Skipped = z.object({
  kind: z.literal("skipped"),
  id: z.string(),
  folderId: z.string(),
  /** One of lib/core/skip-cause.ts. */
  cause: z.string(),
  /** The profile that does not want it; absent when nobody needs it any more. */
  profile: z.string().optional(),
});

/** Seen and not stored yet: a profile wants it from `dueAt` on. */
const Waiting = z.object({
  kind: z.literal("waiting"),
  id: z.string(),
  folderId: z.string(),
  profile: z.string(),
  /** The filter it waits for; see lib/profiles/filter.ts. */
  scope: z.string(),
  /** ISO 8601. */
  dueAt: z.string(),
  cause: z.string(),
  /** Which version of its content is waited for. */
  version: z.number().int().positive(),
});

/** A profile waits no longer for a message that was due, or with no `dueAt`, is owed it no longer. */
const Released = z.object({
  kind: z.literal("released"),
  id: z.string(),
  profile: z.string(),
  scope: z.string().optional(),
  dueAt: z.string().optional(),
});

/** Seen, but no longer in the mailbox when it was fetched. */
const Gone = z.object({ kind: z.literal("gone"), id: z.string(), folderId: z.string() });

/** Seen and not yet stored because of a fault; `attempts` counts this one. */
const Quarantined = z.object({
  kind: z.literal("quarantined"),
  id: z.string(),
  folderId: z.string(),
  reason: z.string(),
  requestId: z.string().optional(),
  attempts: z.number().int().positive(),
  at: z.string(),
  /** When to try again, ISO 8601; absent when given up until a person asks. */
  nextTryAt: z.string().optional(),
  /** True when only the folder is new: an earlier event of the same run counts the try. */
  counted: z.boolean().optional(),
  /** The profiles that want it; absent in old records, where any profile may. */
  owedBy: z.array(z.string()).optional(),
});

export const LedgerEvent = z.discriminatedUnion("kind", [
  FolderChanged,
  Moved,
  Removed,
  Returned,
  Changed,
  Skipped,
  Waiting,
  Released,
  Gone,
  Quarantined,
  Deleting,
  Deleted,
  Kept,
  Repacked,
]);
export type LedgerEvent = z.infer<typeof LedgerEvent>;

/** How far a folder has been read for a profile; the link is Graph's, opaque. */
export const CursorMark = z.object({
  profile: z.string(),
  /** The filter by which everything up to the link was judged; absent: one that takes everything. */
  scope: z.string().optional(),
  folderId: z.string(),
  link: z.string(),
  /** `delta`: the round is complete; `next`: in the middle of one; `resync`: in the middle of one that replaces a dead link. */
  kind: z.enum(["next", "delta", "resync"]),
  /** The folder's advisory item count when the round began. */
  itemCount: z.number().optional(),
  /** When all ids of the folder were last compared with the catalog, ISO 8601. */
  comparedAt: z.string().optional(),
});
export type CursorMark = z.infer<typeof CursorMark>;

export const LedgerRecord = z.object({
  format: z.literal("mailkeep-ledger"),
  formatVersion: z.literal(1),
  mailbox: MailboxId,
  seq: z.number().int().positive(),
  /** SHA-256 of the previous record's stored bytes (the .json.gz as it lies in the container); null for seq 1. */
  previous: Sha256.nullable(),
  pack: PackFacts.nullable(),
  stored: z.array(MessageRecord),
  events: z.array(LedgerEvent),
  cursors: z.array(CursorMark),
  run: z.string(),
  time: z.string(),
  program: z.string(),
});
export type LedgerRecord = z.infer<typeof LedgerRecord>;

/** The pack that came with a record, of new messages or of moved ones, and what lies in it. */
export function packedBy({ pack, stored, events }: LedgerRecord): Packed | undefined {
  if (pack !== null) return { pack, messages: stored };
  return repackOf({ events });
}

export interface Packed {
  pack: PackFacts;
  messages: MessageRecord[];
}

/** What the record says of packs that were joined, if it says so. */
export function repackOf({ events }: Pick<LedgerRecord, "events">): Repacked | undefined {
  return events.find((event) => event.kind === "repacked");
}

/** What writes records, as they name it. */
export const program = "mailkeep/0.1.0";

/** Where record and pack of a commit lie: seq has 8 digits, from 00000001. */
export const seqDigits = (seq: number): string => String(seq).padStart(8, "0");
export const ledgerPrefix = (mailbox: MailboxId): string => `mailboxes/${mailbox}/ledger/`;
export const ledgerName = (mailbox: MailboxId, seq: number): string =>
  `${ledgerPrefix(mailbox)}${seqDigits(seq)}.json.gz`;
export const packPath = (mailbox: MailboxId, packName: string): string => `mailboxes/${mailbox}/packs/${packName}`;
export const packName = (seq: number, hash: Sha256): string => `${seqDigits(seq)}-${hash.slice(0, 16)}.zip`;
/** Attachments are shared by all mailboxes of the archive. */
export const attachmentPath = (hash: Sha256): string => `attachments/${hash.slice(0, 2)}/${hash}`;
