// Reads back the pack of one record: its bytes, its list, and every message spliced and hashed, a few at a time.
import { createHash } from "node:crypto";
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { attachmentPath, type Packed, packPath } from "../ledger/record.js";
import { decodeAttachmentStream } from "../pack/attachment.js";
import { longestSkeletonBytes } from "../pack/layout.js";
import type { Cut, MessageRecord } from "../pack/manifest.js";
import { entryRange, readEntry, readManifest } from "../pack/reader.js";
import { splice } from "../pack/splice.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { FindingCode } from "./finding.js";
import type { ReadCounts } from "./verification.js";

/** Beyond this a blob cannot be a pack: 16 MiB, one more skeleton, and a manifest. */
const longestPackBytes = 512 * 1024 * 1024;

export type Found = (code: FindingCode, place: { message?: MessageRecord; blob: string; detail: string }) => void;

/** The stored bytes of the record's pack, whether right or wrong; undefined when there are none to read messages from. */
export async function checkPack(
  blobs: BlobStore,
  mailbox: MailboxId,
  packed: Packed | undefined,
  { found, read }: { found: Found; read: ReadCounts },
): Promise<Uint8Array | undefined> {
  if (packed === undefined) return undefined;
  const { pack, messages: stored } = packed;
  const blob = packPath(mailbox, pack.name);
  const damaged = (detail: string) => found("pack-damaged", { blob, detail });
  const bytes = await packBytes(blobs, blob, damaged);
  if (bytes === undefined) {
    found("pack-missing", { blob, detail: `${stored.length} messages of record ${pack.name.slice(0, 8)} are lost` });
    return undefined;
  }
  if (bytes === "too long") return undefined;
  read.packs++;
  read.bytes += bytes.length;
  if (bytes.length !== pack.size) damaged(`has ${bytes.length} bytes instead of ${pack.size}`);
  else if (sha256(bytes) !== pack.sha256) damaged(`has the hash ${sha256(bytes)} instead of ${pack.sha256}`);
  const manifest = manifestOf(bytes);
  if (manifest === undefined) found("manifest-differs", { blob, detail: "its list of messages cannot be read" });
  else if (JSON.stringify(manifest) !== JSON.stringify(stored))
    found("manifest-differs", { blob, detail: `lists ${manifest.length} messages, the record ${stored.length}` });
  return bytes;
}

async function packBytes(
  blobs: BlobStore,
  blob: string,
  damaged: (detail: string) => void,
): Promise<Uint8Array | "too long" | undefined> {
  try {
    const { body, size } = await blobs.stream(blob);
    if (size > longestPackBytes) {
      damaged(`has ${size} bytes, more than any pack`);
      return "too long";
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
    return Buffer.concat(chunks);
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return undefined;
    throw error;
  }
}

function manifestOf(bytes: Uint8Array): MessageRecord[] | undefined {
  try {
    return readManifest(bytes);
  } catch (error) {
    if (isMailkeepError(error, "corrupt")) return undefined;
    // Lengths in a damaged directory may point beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Something about one message is damaged: where and what. */
class Damage extends Error {
  constructor(
    readonly code: FindingCode,
    readonly blob: string,
    message: string,
  ) {
    super(message);
  }
}

export interface MessageCheck {
  blobs: BlobStore;
  mailbox: MailboxId;
  pack: { name: string; bytes: Uint8Array };
  contents: ContentCache;
  found: Found;
  read: ReadCounts;
}

/** Every message of the list, at once: each is a stream, so that they share little memory. */
export async function checkMessages(messages: MessageRecord[], check: MessageCheck): Promise<void> {
  const outcomes = await Promise.allSettled(messages.map((message) => readBack(message, check)));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") check.read.messages++;
    else if (!(outcome.reason instanceof Damage)) throw outcome.reason;
    else {
      const { code, blob, message: detail } = outcome.reason;
      check.found(code, { message: messages[index] as MessageRecord, blob, detail });
    }
  }
}

/** Resolves when the message comes back as it was stored. @throws Damage, or what made a read fail */
async function readBack(message: MessageRecord, check: MessageCheck): Promise<void> {
  const blob = packPath(check.mailbox, check.pack.name);
  const { size, entry, cuts } = message;
  const wrong = (what: string) => new Damage("message-damaged", blob, what);
  if (cuts.reduce((sum, cut) => sum + cut.length, entry.length) !== size || entry.length > longestSkeletonBytes)
    throw wrong("its lengths do not fit together");
  const { offset, length } = entryRange(entry);
  const hash = createHash("sha256");
  let seen = 0;
  try {
    const skeleton = await readEntry(check.pack.bytes.subarray(offset, offset + length), entry);
    for await (const chunk of splice(skeleton, cuts, (cut) => check.contents.open(cut, check))) {
      hash.update(chunk);
      seen += chunk.length;
    }
  } catch (error) {
    if (error instanceof Damage || !isMailkeepError(error, "corrupt")) throw error;
    throw wrong(error.message);
  }
  if (seen !== size || hash.digest("hex") !== message.sha256) throw wrong("comes back as other bytes than were stored");
}

export interface ContentCache {
  open(cut: Cut, check: Pick<MessageCheck, "blobs" | "read">): AsyncIterable<Uint8Array>;
}

/** So much of small attachments is kept: a logo in every signature is read once for many messages. */
const cacheBytes = 8 * 1024 * 1024;
const cachedContentBytes = 256 * 1024;

export function contentCache(): ContentCache {
  const kept = new Map<Sha256, Uint8Array>();
  let bytes = 0;
  function keep(hash: Sha256, content: Uint8Array): void {
    if (kept.has(hash)) return;
    kept.set(hash, content);
    bytes += content.length;
    for (const [oldest, { length }] of kept) {
      if (bytes <= cacheBytes) return;
      kept.delete(oldest);
      bytes -= length;
    }
  }
  return {
    async *open(cut, check) {
      const known = kept.get(cut.sha256);
      if (known !== undefined) return yield known;
      const small: Uint8Array[] | undefined = cut.size <= cachedContentBytes ? [] : undefined;
      for await (const chunk of checkedContent(cut, check)) {
        small?.push(Uint8Array.from(chunk));
        yield chunk;
      }
      if (small !== undefined) keep(cut.sha256, Buffer.concat(small));
    },
  };
}

/** The content of an attachment blob, right to its last byte. */
async function* checkedContent(cut: Cut, { blobs, read }: Pick<MessageCheck, "blobs" | "read">) {
  const blob = attachmentPath(cut.sha256);
  const damaged = (what: string) => new Damage("attachment-damaged", blob, what);
  const hash = createHash("sha256");
  let seen = 0;
  try {
    const { body, contentEncoding, size } = await blobs.stream(blob);
    read.attachments++;
    read.bytes += size;
    for await (const chunk of decodeAttachmentStream(body, contentEncoding)) {
      seen += chunk.length;
      if (seen > cut.size) throw damaged(`has more than ${cut.size} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (isMailkeepError(error, "not-found")) throw new Damage("attachment-missing", blob, "is not in the archive");
    if (isMailkeepError(error, "corrupt")) throw damaged("its gzip is broken");
    throw error;
  }
  if (seen !== cut.size || hash.digest("hex") !== cut.sha256) throw damaged("its content is not what its name says");
}
