// Contents of cuts on their way to and from attachment blobs: gzip where it saves a tenth or more, else as they are.
import { pipeline, Readable, type Transform } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, createGzip, deflateRawSync, gunzip, gzip } from "node:zlib";
import { MailkeepError } from "../core/errors.js";

const gzipInPool = promisify(gzip);
const gunzipInPool = promisify(gunzip);

/** Enough of a file to tell a picture or an archive from a text. */
const sampleBytes = 64 * 1024;
/** gzip must save a tenth or more: below that the time to unpack at each reading is not worth it. */
const worthwhile = 0.9;

export type ContentEncoding = "gzip" | undefined;

export interface EncodedAttachment {
  bytes: Uint8Array;
  contentEncoding?: "gzip";
}

/** The bytes to store for a content in memory. */
export async function encodeAttachment(content: Uint8Array): Promise<EncodedAttachment> {
  if (content.length > sampleBytes && !shrinks(content.subarray(0, sampleBytes))) return { bytes: content };
  const smaller = await gzipInPool(content);
  return smaller.length <= content.length * worthwhile
    ? { bytes: smaller, contentEncoding: "gzip" }
    : { bytes: content };
}

/** The same for a content of any size, decided by its first 64 KiB. */
export async function encodeAttachmentStream(
  content: () => AsyncIterable<Uint8Array>,
): Promise<{ body: AsyncIterable<Uint8Array>; contentEncoding?: "gzip" }> {
  if (!shrinks(await beginning(content()))) return { body: content() };
  return { body: through(copies(content()), createGzip()), contentEncoding: "gzip" };
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

const shrinks = (sample: Uint8Array): boolean =>
  deflateRawSync(sample, { level: 1 }).length <= sample.length * worthwhile;

async function beginning(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    chunks.push(Uint8Array.from(chunk.subarray(0, sampleBytes - length)));
    length += chunk.length;
    if (length >= sampleBytes) break;
  }
  return Buffer.concat(chunks);
}

/** Chunks wait in a pipeline while the next is asked for, and these hold their bytes no longer than that. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk);
}

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
