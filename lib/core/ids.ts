// The names of things. Every id is checked here before it may become part of a table key or a blob name.
import { hash } from "node:crypto";
import { z } from "zod";

/**
 * A mailbox, by the directory object id of its user. Graph gives GUIDs; the pattern is a little wider (letters, digits,
 * hyphens, at most 64) and still safe in every Table key and Blob name.
 */
export const MailboxId = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/, "is not a mailbox id")
  .brand<"MailboxId">();
export type MailboxId = z.infer<typeof MailboxId>;

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The same as it comes from outside: case means nothing in a GUID (RFC 9562, section 4), but much in keys and blob names,
 * so it is spelt as Graph usually does. To be used by every door; what is stored is spelt so already.
 */
export const AnyMailboxId = MailboxId.overwrite((id) => (guid.test(id) ? (id.toLowerCase() as typeof id) : id));

/**
 * A connection, by the name its administrator gave it. Letters, digits, spaces, dots and hyphens, a letter first and no
 * space or dot at the end: none of `< > : " / \\ | ? * _`, and safe in Table keys, Blob names and URLs. Two names that
 * differ in case only are one connection; the spelling kept is the first one.
 */
export const ConnectionId = z
  .string()
  .regex(
    /^[A-Za-z](?:[A-Za-z0-9 .-]{0,62}[A-Za-z0-9-])?$/,
    "is not a connection id: 1 to 64 letters, digits, spaces, dots and hyphens, a letter first, no space or dot last",
  )
  .brand<"ConnectionId">();
export type ConnectionId = z.infer<typeof ConnectionId>;

/** The connection of the settings, which always exists. */
export const defaultConnection = "default" as ConnectionId;

/** `p_` and 16 hex digits. */
export const ProfileId = z
  .string()
  .regex(/^p_[0-9a-f]{16}$/, "is not a profile id")
  .brand<"ProfileId">();
export type ProfileId = z.infer<typeof ProfileId>;

/** `s_` and 16 hex digits. */
export const ScheduleId = z
  .string()
  .regex(/^s_[0-9a-f]{16}$/, "is not a schedule id")
  .brand<"ScheduleId">();
export type ScheduleId = z.infer<typeof ScheduleId>;

/** `r_`, 13 digits of inverted time (newest sorts first), `_` and 8 hex digits. */
export const RunId = z
  .string()
  .regex(/^r_[0-9]{13}_[0-9a-f]{8}$/, "is not a run id")
  .brand<"RunId">();
export type RunId = z.infer<typeof RunId>;

/** `v_`, 13 digits of inverted time (newest sorts first), `_` and 8 hex digits. */
export const VerificationId = z
  .string()
  .regex(/^v_[0-9]{13}_[0-9a-f]{8}$/, "is not a verification id")
  .brand<"VerificationId">();
export type VerificationId = z.infer<typeof VerificationId>;

/** `e_`, 13 digits of inverted time (newest sorts first), `_` and 8 hex digits. */
export const ExportId = z
  .string()
  .regex(/^e_[0-9]{13}_[0-9a-f]{8}$/, "is not an export id")
  .brand<"ExportId">();
export type ExportId = z.infer<typeof ExportId>;

/** `h_`, 13 digits of inverted time (newest sorts first), `_` and 8 hex digits. */
export const HousekeepingId = z
  .string()
  .regex(/^h_[0-9]{13}_[0-9a-f]{8}$/, "is not a housekeeping id")
  .brand<"HousekeepingId">();
export type HousekeepingId = z.infer<typeof HousekeepingId>;

/** A head of all mailboxes: its day in UTC; a further one of the same day has the time as well. Sorts by time. */
export const HeadId = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{6}Z)?$/, "is not a head")
  .brand<"HeadId">();
export type HeadId = z.infer<typeof HeadId>;

/** A message in the archive: 32 hex digits of its immutable id's hash; `-2`, `-3`, … for later versions of its content. */
export const MessageKey = z
  .string()
  .regex(/^[0-9a-f]{32}(-[1-9][0-9]{0,4})?$/, "is not a message key")
  .brand<"MessageKey">();
export type MessageKey = z.infer<typeof MessageKey>;

/** Graph's immutable message id: opaque, case-sensitive, long. Never a key; see {@link shortHash}. */
export type ImmutableId = string & { readonly __immutableId: unique symbol };

/** Graph's folder id: opaque and case-sensitive. */
export type FolderId = string & { readonly __folderId: unique symbol };

/** 32 hex digits (128 bits) that stand for a long opaque id in keys: collisions are out of reach for any mailbox. */
export function shortHash(opaqueId: string): string {
  return hash("sha256", opaqueId, "hex").slice(0, 32);
}

/** The key of version `version` (from 1) of a message. */
export function messageKey(id: ImmutableId, version = 1): MessageKey {
  const hash = shortHash(id);
  return (version === 1 ? hash : `${hash}-${version}`) as MessageKey;
}

const lastMillisecond = 9_999_999_999_999;

/** 13 digits that sort the newest time first; times outside 1970 to 2286 are pressed to the ends. */
export function newestFirst(time: Date): string {
  const ms = Math.min(Math.max(Number.isNaN(time.getTime()) ? 0 : time.getTime(), 0), lastMillisecond);
  return String(lastMillisecond - ms).padStart(13, "0");
}

export function newRunId(now: Date, random: Random): RunId {
  return `r_${newestFirst(now)}_${random.hex(8)}` as RunId;
}

export function newVerificationId(now: Date, random: Random): VerificationId {
  return `v_${newestFirst(now)}_${random.hex(8)}` as VerificationId;
}

export function newExportId(now: Date, random: Random): ExportId {
  return `e_${newestFirst(now)}_${random.hex(8)}` as ExportId;
}

export function newHousekeepingId(now: Date, random: Random): HousekeepingId {
  return `h_${newestFirst(now)}_${random.hex(8)}` as HousekeepingId;
}

export function newProfileId(random: Random): ProfileId {
  return `p_${random.hex(16)}` as ProfileId;
}

export function newScheduleId(random: Random): ScheduleId {
  return `s_${random.hex(16)}` as ScheduleId;
}

/** Randomness arrives as an argument, so that tests are repeatable. */
export interface Random {
  /** `digits` hexadecimal digits. */
  hex(digits: number): string;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  fraction(): number;
}
