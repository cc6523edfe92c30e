// What a ledger says of deletions: the intent, committed before the mailbox is asked, and what became of it.
import { z } from "zod";
import { Sha256 } from "../core/digest.js";
import { MessageKey } from "../core/ids.js";

const about = { key: MessageKey, receivedAt: z.string() };

export const Action = z.enum(["moveToDeletedItems", "delete", "permanentDelete"]);

/** From now on the message may be gone from the mailbox by our hand. Each intent is ended by one `deleted` or one `kept`. */
export const Deleting = z.object({
  kind: z.literal("deleting"),
  ...about,
  /** Graph's immutable id. */
  id: z.string(),
  action: Action,
  /** What the message was when the intent was written. */
  folderId: z.string(),
  changeKey: z.string(),
  /** Of the archived bytes, read back just before. */
  sha256: Sha256,
  size: z.number().int().nonnegative(),
  /** SHA-256 of the rule with its selection; see lib/profiles/deletion.ts. */
  rule: Sha256,
  run: z.string(),
});

/** The receipt: the message has left the place it was in, and it was us. */
export const Deleted = z.object({
  kind: z.literal("deleted"),
  ...about,
  id: z.string(),
  action: Action,
  /** When the mailbox confirmed it, ISO 8601. */
  at: z.string(),
  changeKey: z.string(),
  sha256: Sha256,
  size: z.number().int().nonnegative(),
  rule: Sha256,
  /** The run whose intent it was; the record may be a later run's. */
  run: z.string(),
  /** The folder where what was deleted goes to, when it goes to one that users see. */
  to: z.string().optional(),
  /** The worker died before it heard; a later one found the message gone. */
  found: z.literal(true).optional(),
});

/** The intent came to nothing: the message is where it was, or left by another hand. */
export const Kept = z.object({ kind: z.literal("kept"), ...about, cause: z.string() });
