// Downloads: the exact stored bytes, counted, and never waiting forever for the next of them.
import type { BlockBlobClient } from "@azure/storage-blob";
import { MailkeepError } from "../../core/errors.js";
import { translating } from "./errors.js";

export interface OpenBlob {
  body: AsyncIterable<Uint8Array>;
  contentEncoding: "gzip" | undefined;
  /** How many bytes the body has. */
  size: number;
}

/** No byte for so long: the connection is dead. */
const silenceLimitMs = 60_000;
/** A body that breaks off is asked for again from where it broke, so often. */
const resumeLimit = 3;

/** The client library leaves gzip as it is. It compares the etag when it resumes, so bytes of two blobs never mix. */
export async function open(blob: BlockBlobClient, range?: { offset: number; length: number }): Promise<OpenBlob> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceLimitMs);
  try {
    const options = { abortSignal: silence.signal, maxRetryRequests: resumeLimit };
    const answer = await translating(`read ${blob.name}`, () => blob.download(range?.offset, range?.length, options));
    const { readableStreamBody, contentLength, contentEncoding } = answer;
    if (readableStreamBody === undefined || contentLength === undefined)
      throw new MailkeepError("unavailable", `storage sent no body for ${blob.name}`);
    const chunks = readableStreamBody as AsyncIterable<Uint8Array>;
    return {
      body: counted(chunks, {
        size: contentLength,
        name: blob.name,
        timer: () => setTimeout(() => silence.abort(), silenceLimitMs),
      }),
      contentEncoding: contentEncoding === "gzip" ? "gzip" : undefined,
      size: contentLength,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Passes chunks on; a body that ends early is a failed read. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  { size, name, timer }: { size: number; name: string; timer: () => NodeJS.Timeout },
): AsyncIterable<Uint8Array> {
  let received = 0;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const waiting = timer();
      const { done, value } = await translating(`read ${name}`, () => iterator.next()).finally(() =>
        clearTimeout(waiting),
      );
      if (done) break;
      received += value.length;
      yield value;
    }
  } finally {
    // Left early: give the connection back.
    await iterator.return?.();
  }
  if (received !== size)
    throw new MailkeepError("unavailable", `storage sent ${received} of the ${size} bytes of ${name}`);
}

/** All bytes of a body whose size is known. */
export async function collect({ body, size }: OpenBlob): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of body) {
    if (at + chunk.length > size) throw new MailkeepError("unavailable", "storage sent more bytes than it announced");
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
