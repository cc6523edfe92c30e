// The self-description of a pack: one line per message, in manifest.jsonl and again in the ledger record that commits it.
import { z } from "zod";
import { Sha256 } from "../core/digest.js";
import { MessageKey } from "../core/ids.js";

/**
 * A run of bytes taken out of a message. `lineLength` > 0: the run was base64 in lines of that many characters, ended by
 * `eol`, and the blob holds the decoded bytes. `lineLength` 0: the blob holds the very bytes (a long stretch of other
 * content, cut only so that a huge message needs little memory). See FORMAT.md.
 */
export const Cut = z.object({
  /** Where the run began in the message as Graph sent it. */
  offset: z.number().int().nonnegative(),
  /** How many bytes of the message the run was. */
  length: z.number().int().positive(),
  lineLength: z.number().int().nonnegative(),
  eol: z.enum(["\r\n", "\n", ""]),
  /** Length and SHA-256 of the blob's (uncompressed) content; the hash is also its name. */
  size: z.number().int().positive(),
  sha256: Sha256,
});
export type Cut = z.infer<typeof Cut>;

export const Address = z.object({ name: z.string().optional(), email: z.string() });

/** The last entry of every pack: one {@link MessageRecord} a line, in the order of the entries. */
export const manifestName = "manifest.jsonl";

/** Where a message's remaining bytes are in its pack. */
export const Entry = z.object({
  /** Name inside the zip: `m/1.eml`, `m/2.eml`, … */
  name: z.string(),
  /** Offset of the entry's local file header. */
  offset: z.number().int().nonnegative(),
  /** Length of the deflated data. */
  compressedLength: z.number().int().nonnegative(),
  /** Length after inflating: the message without its cuts. */
  length: z.number().int().nonnegative(),
});
export type Entry = z.infer<typeof Entry>;

/** How faithful the bytes are: `mime` is what Graph's $value sent. */
export const Fidelity = z.enum(["mime", "fts", "reconstructed"]);

/** Names follow JMAP (RFC 8621 section 4) where it has one. */
export const MessageRecord = z.object({
  key: MessageKey,
  /** Graph's immutable id. */
  id: z.string(),
  changeKey: z.string().optional(),
  /** 1 for the first content stored under this id, 2 after it was edited, … */
  version: z.number().int().positive(),
  folderId: z.string(),
  folderPath: z.string(),
  receivedAt: z.string(),
  subject: z.string().optional(),
  /** The first sixteen hex digits of the SHA-256 of Graph's `bodyPreview`: by it an edit of the text is told from a flag. */
  previewHash: z.string().optional(),
  from: Address.optional(),
  sender: Address.optional(),
  to: z.array(Address).optional(),
  cc: z.array(Address).optional(),
  bcc: z.array(Address).optional(),
  /** The Message-ID header field as Graph reports it. */
  messageId: z.string().optional(),
  hasAttachment: z.boolean().optional(),
  isRead: z.boolean().optional(),
  isDraft: z.boolean().optional(),
  flag: z.string().optional(),
  importance: z.string().optional(),
  categories: z.array(z.string()).optional(),
  /** Fields of the profile's filter that could not be judged, since Graph did not say what they ask for. */
  unjudged: z.array(z.string()).optional(),
  /** Length and SHA-256 of the exact bytes Graph sent. */
  size: z.number().int().nonnegative(),
  sha256: Sha256,
  fidelity: Fidelity,
  entry: Entry,
  cuts: z.array(Cut),
});
export type MessageRecord = z.infer<typeof MessageRecord>;

/** A message on its way into a pack: all of its record but the place, which the pack gives. */
export type Unplaced = Omit<MessageRecord, "entry">;
