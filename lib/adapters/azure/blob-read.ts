// Downloads: the exact stored bytes, counted, resumed when they break off, and never waited for without end.
import type { BlobDownloadOptions, BlockBlobClient } from "@azure/storage-blob";
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

interface Range {
  offset: number;
  length: number;
}

/** Opens the blob, or a range of it; the client library leaves gzip as it is. */
export async function open(blob: BlockBlobClient, range?: Range): Promise<OpenBlob> {
  const first = await ask(blob, range);
  const { size, contentEncoding } = first;
  return { body: resuming(blob, first, range?.offset ?? 0), contentEncoding, size };
}

/** All bytes of a body whose size is known. */
export async function collect({ body, size }: OpenBlob): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of body) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

type Answer = Awaited<ReturnType<typeof ask>>;

/** One request, and its bytes as they arrive. With an etag the service refuses to send another blob's. */
async function ask(blob: BlockBlobClient, range: Range | undefined, ifMatch?: string) {
  const silence = new AbortController();
  /** Waits for `next`, but not for longer than a live connection would take. */
  const listening = async <T>(next: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => silence.abort(), silenceLimitMs);
    return translating(`read ${blob.name}`, next).finally(() => clearTimeout(timer));
  };
  // The library would resume too, but not after a connection was cut, which is what happens.
  const options: BlobDownloadOptions = { abortSignal: silence.signal, maxRetryRequests: 0 };
  if (ifMatch !== undefined) options.conditions = { ifMatch };
  const answer = await listening(() => blob.download(range?.offset, range?.length, options));
  const { readableStreamBody, contentLength, contentEncoding, etag } = answer;
  if (readableStreamBody === undefined || contentLength === undefined || etag === undefined)
    throw new MailkeepError("unavailable", `storage answered without the bytes of ${blob.name}`);
  const iterator = (readableStreamBody as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return {
    size: contentLength,
    etag,
    contentEncoding: contentEncoding === "gzip" ? ("gzip" as const) : undefined,
    next: () => listening(() => iterator.next()),
    /** Gives the connection back, whether all was read or not. */
    close: async () => void (await iterator.return?.()),
  };
}

async function* resuming(blob: BlockBlobClient, first: Answer, start: number): AsyncIterable<Uint8Array> {
  let answer = first;
  let received = 0;
  let resumed = 0;
  try {
    // Read to the end even when all bytes are here: only then can the connection be used again.
    for (;;) {
      const { chunk, fault } = await answer.next().then(
        (next) => ({ chunk: next.done ? undefined : next.value, fault: undefined }),
        (thrown: unknown) => ({ chunk: undefined, fault: thrown }),
      );
      received += chunk?.length ?? 0;
      if (received > first.size) throw brokenOff(blob, { received, size: first.size, fault });
      if (chunk !== undefined) yield chunk;
      else if (received === first.size) return;
      else if (resumed++ < resumeLimit)
        answer = await ask(blob, { offset: start + received, length: first.size - received }, first.etag);
      else throw brokenOff(blob, { received, size: first.size, fault });
    }
  } finally {
    await answer.close();
  }
}

function brokenOff(blob: BlockBlobClient, told: { received: number; size: number; fault: unknown }): MailkeepError {
  const { received, size, fault } = told;
  return new MailkeepError("unavailable", `storage sent ${received} of the ${size} bytes of ${blob.name}`, {
    cause: fault,
  });
}
