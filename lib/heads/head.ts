// The daily head: one small signed statement that vouches for the ledgers of all mailboxes, and the list it speaks of.
import { z } from "zod";
import { canonicalJson } from "../core/canonical.js";
import { Sha256, sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { HeadId, MailboxId } from "../core/ids.js";
import { treeHead } from "../ledger/merkle.js";

const LedgerEnd = z.strictObject({ seq: z.number().int().nonnegative(), sha256: Sha256.nullable() });

/** The newest ledger record of a mailbox. */
export const HeadEntry = z.strictObject({
  mailbox: MailboxId,
  seq: z.number().int().positive(),
  sha256: Sha256,
  /**
   * Present when the ledger contradicts an earlier head: what it ends with, or what lies under the number, now. `seq` and
   * `sha256` above are still those of the earlier head, so that no head ever vouches for a ledger that lost something.
   */
  disputed: LedgerEnd.optional(),
});
export type HeadEntry = z.infer<typeof HeadEntry>;

export const Head = z.object({
  format: z.literal("mailkeep-head"),
  formatVersion: z.literal(1),
  id: HeadId,
  createdAt: z.string(),
  program: z.string(),
  /** The head before, by the SHA-256 of its bytes; null for the first. */
  previous: z.object({ id: HeadId, sha256: Sha256 }).nullable(),
  mailboxes: z.object({
    count: z.number().int().nonnegative(),
    /** RFC 6962 section 2.1 over {@link leafOf} of each line of the list, in order. */
    merkleRoot: Sha256,
    /** Of the list's bytes. */
    sha256: Sha256,
    /** How many of them contradict an earlier head. */
    disputed: z.number().int().nonnegative(),
  }),
  /** What the settings asked for when it was made: one that is missing later was lost, or is owed. */
  seals: z.array(z.enum(["signature", "timestamp"])),
  /** The newest entry of the audit and its hash; null while there is none. */
  audit: z.object({ seq: z.number().int().positive(), hash: z.string() }).nullable(),
});
export type Head = z.infer<typeof Head>;

export const HeadSignature = z.object({
  format: z.literal("mailkeep-signature"),
  formatVersion: z.literal(1),
  head: HeadId,
  /** Of the signed bytes: the head's, as they lie in the container. */
  sha256: Sha256,
  kid: z.string(),
  alg: z.enum(["ES256", "RS256"]),
  development: z.boolean(),
  /** base64url, as RFC 7518 section 3 has it. */
  signature: z.string(),
  signedAt: z.string(),
});
export type HeadSignature = z.infer<typeof HeadSignature>;

export const PublishedKey = z.looseObject({
  kty: z.enum(["EC", "RSA"]),
  kid: z.string(),
  alg: z.enum(["ES256", "RS256"]),
  development: z.boolean(),
  origin: z.string(),
});
export type PublishedKey = z.infer<typeof PublishedKey>;

export const headsPrefix = "heads/";
export const headName = (id: HeadId): string => `${headsPrefix}${id}.json`;
export const listName = (id: HeadId): string => `${headsPrefix}${id}.mailboxes.jsonl`;
export const signatureName = (id: HeadId): string => `${headsPrefix}${id}.sig.json`;
export const stampName = (id: HeadId): string => `${headsPrefix}${id}.tsr`;
export const keyName = (kid: string): string => `${headsPrefix}keys/${kid}.json`;

/** The head that a blob's name belongs to; undefined for its companions and anything else. */
export const headOfName = (name: string): HeadId | undefined =>
  HeadId.safeParse(/^heads\/([^./]+)\.json$/.exec(name)?.[1]).data;

/** What is hashed for a mailbox: `{mailbox}:{seq}:{sha256}`, as the verifier takes it with --head. */
export const leafOf = ({ mailbox, seq, sha256: hash }: Pick<HeadEntry, "mailbox" | "seq" | "sha256">): Buffer =>
  Buffer.from(`${mailbox}:${seq}:${hash}`);

export const rootOf = (entries: readonly HeadEntry[]): Sha256 =>
  treeHead(entries.map(leafOf)).toString("hex") as Sha256;

/** The list: one line for each mailbox, in order of their ids. */
export const encodeList = (entries: readonly HeadEntry[]): Buffer =>
  Buffer.from(entries.map((entry) => `${canonicalJson(entry)}\n`).join(""));

/** @throws MailkeepError `corrupt` */
export function decodeList(bytes: Uint8Array): HeadEntry[] {
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  try {
    if (lines.pop() !== "") throw new Error("the last line does not end");
    return lines.map((line) => HeadEntry.parse(JSON.parse(line)));
  } catch (cause) {
    throw new MailkeepError("corrupt", "the list of a head cannot be read", { reason: "HEAD_DAMAGED", cause });
  }
}

export function newHead(
  { id, createdAt, program, previous, seals, audit }: Omit<Head, "format" | "formatVersion" | "mailboxes">,
  list: Uint8Array,
): Head {
  const entries = decodeList(list);
  const disputed = entries.filter((entry) => entry.disputed !== undefined).length;
  const mailboxes = { count: entries.length, merkleRoot: rootOf(entries), sha256: sha256(list), disputed };
  return { format: "mailkeep-head", formatVersion: 1, id, createdAt, program, previous, mailboxes, seals, audit };
}

export const encodeHead = (head: Head): Buffer => Buffer.from(canonicalJson(head));

/** @throws MailkeepError `corrupt` */
export const decodeHead = (bytes: Uint8Array): Head => decode(Head, bytes, "a head");
/** @throws MailkeepError `corrupt` */
export const decodeSignature = (bytes: Uint8Array): HeadSignature => decode(HeadSignature, bytes, "a head's signature");
/** @throws MailkeepError `corrupt` */
export const decodeKey = (bytes: Uint8Array): PublishedKey => decode(PublishedKey, bytes, "a published key");

function decode<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new MailkeepError("corrupt", `${what} cannot be read`, { reason: "HEAD_DAMAGED", cause });
  }
}
