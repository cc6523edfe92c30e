// The exact bytes of one stored message, put together from its pack and its attachment blobs, and checked on the way.
import { createHash } from "node:crypto";
import type { Sha256 } from "../core/digest.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { attachmentPath, packPath } from "../ledger/record.js";
import { decodeAttachmentStream } from "../pack/attachment.js";
import { longestSkeletonBytes } from "../pack/layout.js";
import type { Cut, Entry } from "../pack/manifest.js";
import { entryRange, readEntry } from "../pack/reader.js";
import { splice } from "../pack/splice.js";
import type { BlobStore } from "../ports/blob-store.js";
import { archiveCorrupt, asDamage } from "./corrupt.js";

/** Where the bytes of a message lie and what they must be: from a catalog row, or from a ledger record and its pack. */
export interface Content {
  key: string;
  size: number;
  sha256: Sha256;
  /** The pack's name, without its path. */
  pack: string;
  entry: Entry;
  cuts: Cut[];
  /** Asked when the pack is not there: packs may have been joined since the place was looked up. */
  placeNow?: () => Promise<Pick<Content, "pack" | "entry"> | undefined>;
}

/** Up to this size a message is checked before its first byte is given out. */
export const checkedFirstBytes = 4 * 1024 * 1024;
const longestPieceBytes = 1024 * 1024;

/**
 * The bytes as Graph sent them, in pieces of at most 1 MiB, to be read once. Memory: the skeleton (at most 8 MiB) and a few
 * pieces, or the whole message up to 4 MiB, which is checked before this resolves. A larger one is checked on the way and its
 * end is held back until all is right, so that a damaged message never looks complete.
 * @throws MailkeepError `corrupt` (ARCHIVE_CORRUPT), here or while reading, when something is missing or other than it was
 */
export async function openContent(
  blobs: BlobStore,
  mailbox: MailboxId,
  content: Content,
): Promise<AsyncIterable<Uint8Array>> {
  checkNumbers(content);
  const subject = `message ${content.key} of mailbox ${mailbox}`;
  const chunks = verified(assembled(blobs, await readSkeleton(blobs, mailbox, content), content), {
    ...content,
    subject,
  });
  if (content.size > checkedFirstBytes) return chunks;
  const message: Uint8Array[] = [];
  for await (const chunk of chunks) message.push(chunk);
  return (async function* () {
    yield* message;
  })();
}

/** A damaged row or record must not make us ask for more memory than any message needs. */
function checkNumbers({ key, size, entry, cuts }: Content): void {
  const sum = cuts.reduce((total, cut) => total + cut.length, entry.length);
  if (sum !== size || entry.length > longestSkeletonBytes || entry.compressedLength > entry.length)
    throw archiveCorrupt(`the lengths told of message ${key} do not fit together`);
}

/** A message without its cuts: all its headers, and whatever is not a large attachment. */
export async function readSkeleton(
  blobs: BlobStore,
  mailbox: MailboxId,
  { key, pack, entry, placeNow }: Pick<Content, "key" | "pack" | "entry" | "placeNow">,
): Promise<Uint8Array> {
  const { offset, length } = entryRange(entry);
  try {
    return await readEntry(await blobs.getRange(packPath(mailbox, pack), offset, length), entry);
  } catch (error) {
    const now = isMailkeepError(error, "not-found") ? await placeNow?.() : undefined;
    // Each look finds a later pack or ends it: a place never goes back.
    if (now !== undefined && now.pack > pack && now.entry.length === entry.length)
      return readSkeleton(blobs, mailbox, { key, ...now, ...(placeNow && { placeNow }) });
    throw asDamage(`message ${key} of mailbox ${mailbox}`, error);
  }
}

function assembled(blobs: BlobStore, skeleton: Uint8Array, { cuts }: Content): AsyncIterable<Uint8Array> {
  return splice(skeleton, cuts, async function* (cut) {
    const { body, contentEncoding } = await blobs.stream(attachmentPath(cut.sha256));
    yield* decodeAttachmentStream(body, contentEncoding);
  });
}

export interface Expected {
  size: number;
  sha256: Sha256;
  /** What the bytes are, for the error. */
  subject: string;
}

/** Passes the chunks on in small pieces, the last one only when size and hash are right. */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  { size, sha256, subject }: Expected,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let seen = 0;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      seen += chunk.length;
      if (seen > size) break;
      hash.update(chunk);
      if (held !== undefined) yield* inPieces(held);
      held = chunk;
    }
  } catch (error) {
    throw asDamage(subject, error);
  }
  if (seen !== size || hash.digest("hex") !== sha256)
    throw archiveCorrupt(`${subject} is damaged: what was read back is not what was stored`);
  if (held !== undefined) yield* inPieces(held);
}

function* inPieces(chunk: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < chunk.length; at += longestPieceBytes) yield chunk.subarray(at, at + longestPieceBytes);
}
