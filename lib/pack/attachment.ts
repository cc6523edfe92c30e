// Contents of cuts on their way to and from attachment blobs: gzip where it saves a tenth or more, else as they are.
import { createHash } from "node:crypto";
import { pipeline, Readable, type Transform } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, deflateRaw, deflateRawSync, gunzip, gzip } from "node:zlib";
import { inMemoryLimitBytes } from "../core/body.js";
import { MailkeepError } from "../core/errors.js";
import { gzipped } from "./gzip.js";
import type { Cut } from "./manifest.js";
import type { SplitCut } from "./split.js";

const deflateInPool = promisify(deflateRaw);
const gzipInPool = promisify(gzip);
const gunzipInPool = promisify(gunzip);

/** gzip must save a tenth or more: below that the time to unpack at each reading is not worth it. */
const worthwhile = 0.9;

/** Up to this size gzip itself tells what it saves; of a larger content, which is only read in chunks, a sample does. */
export const measuredBytes = inMemoryLimitBytes;
/** A sample of a large content: 1 MiB. A megabyte at the beginning would tell of a document's pictures, or of its text only. */
const largeSample = { pieces: 16, pieceBytes: 64 * 1024 };

/** Enough of a small content to tell a picture or an archive, for which gzip is not even tried. */
const smallSample = { pieces: 16, pieceBytes: 4 * 1024 };
const smallSampleBytes = smallSample.pieces * smallSample.pieceBytes;
/** The fastest level saves less than gzip will: what does not reach half of a tenth here does not reach a tenth there. */
const hopeless = 0.95;

export type ContentEncoding = "gzip" | undefined;

export interface EncodedAttachment {
  bytes: Uint8Array;
  contentEncoding?: "gzip";
}

/** The bytes to store for a content in memory. */
export async function encodeAttachment(content: Uint8Array): Promise<EncodedAttachment> {
  if (content.length > smallSampleBytes && !mayShrink(content)) return { bytes: content };
  const smaller = await gzipInPool(content);
  return smaller.length <= content.length * worthwhile
    ? { bytes: smaller, contentEncoding: "gzip" }
    : { bytes: content };
}

/**
 * The same for a content of more than 1 MiB, decided by a sample of it. The body ends with an error, not whole, when what was
 * read, compressed and uncompressed again is not the content that the cut names. @throws MailkeepError `corrupt`
 */
export async function encodeAttachmentStream(
  part: SplitCut,
): Promise<{ body: AsyncIterable<Uint8Array>; contentEncoding?: "gzip" }> {
  return (await shrinks(part)) ? { body: provenGzip(part), contentEncoding: "gzip" } : { body: provenContent(part) };
}

/** The whole content of a cut that is small enough to be held. @throws MailkeepError `corrupt` when it is another */
export async function contentInMemory(part: SplitCut): Promise<Uint8Array> {
  if (part.bytes !== undefined) return part.bytes;
  const content = Buffer.allocUnsafe(part.cut.size);
  let at = 0;
  for await (const chunk of provenContent(part)) {
    content.set(chunk, at);
    at += chunk.length;
  }
  return content;
}

/** The content again. `size` is what the cut says. @throws MailkeepError `corrupt` when it is not gzip or has another size */
export async function decodeAttachment(
  stored: Uint8Array,
  encoding: ContentEncoding,
  size: number,
): Promise<Uint8Array> {
  const content = encoding === undefined ? stored : await gunzipInPool(stored, { maxOutputLength: size }).catch(broken);
  if (content.length !== size)
    throw new MailkeepError("corrupt", `attachment of ${content.length} instead of ${size} bytes`);
  return content;
}

/** The same as a stream; {@link splice} checks the size. */
export async function* decodeAttachmentStream(
  stored: AsyncIterable<Uint8Array>,
  encoding: ContentEncoding,
): AsyncGenerator<Uint8Array> {
  if (encoding === undefined) return yield* stored;
  try {
    yield* through(stored, createGunzip());
  } catch (error) {
    if (isZlibError(error)) broken(error);
    throw error;
  }
}

/** Where the pieces of a sample begin: at both ends of the content, and evenly between. */
const spread = (size: number, { pieces, pieceBytes }: typeof largeSample): number[] =>
  Array.from({ length: pieces }, (_, index) => Math.floor((index * (size - pieceBytes)) / (pieces - 1)));

function mayShrink(content: Uint8Array): boolean {
  const places = spread(content.length, smallSample);
  const sample = Buffer.concat(places.map((at) => content.subarray(at, at + smallSample.pieceBytes)));
  return deflateRawSync(sample, { level: 1 }).length <= sample.length * hopeless;
}

async function shrinks({ cut, slice }: SplitCut): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  for (const at of spread(cut.size, largeSample)) pieces.push(await slice(at, at + largeSample.pieceBytes));
  const sample = Buffer.concat(pieces);
  return (await deflateInPool(sample)).length <= sample.length * worthwhile;
}

async function* provenContent({ cut, content }: SplitCut): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of content()) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== cut.sha256) throw changed(cut);
}

async function* provenGzip({ cut, content }: SplitCut): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  yield* gzipped(content(), (piece) => void hash.update(piece));
  if (hash.digest("hex") !== cut.sha256) throw changed(cut);
}

const changed = ({ sha256 }: Cut) =>
  new MailkeepError("corrupt", `attachment ${sha256} came out as other bytes on its way to storage`);

async function* through(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  // An error of the source or the transform reaches whoever reads the result; the callback has nothing to add.
  yield* pipeline(Readable.from(source, { objectMode: false }), transform, () => {});
}

/** zlib's own errors have codes such as Z_DATA_ERROR and Z_BUF_ERROR. */
const isZlibError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && String(error.code).startsWith("Z_");

const broken = (cause: unknown): never => {
  throw new MailkeepError("corrupt", "attachment: its gzip is broken or holds more than its cut says", { cause });
};
