import { isMailkeepError } from "../core/errors.js";

/** What is stored under one name. */
export interface StoredBlob {
  /** The exact stored bytes: never decompressed on the way. */
  bytes: Uint8Array;
  contentEncoding: "gzip" | undefined;
}

export interface PutOptions {
  contentType: string;
  /** Says that the bytes given are gzip; readers over HTTP see it as Content-Encoding. */
  contentEncoding?: "gzip";
  /** Says that hardly anybody will read it: an adapter that has a cheaper place for such blobs may put it there. */
  seldomRead?: true;
}

/**
 * Write-once storage for packs, ledger records and attachments.
 *
 * An adapter must give read-after-write and whole-or-nothing puts, and say `not-found` only when the store says so: a
 * failed read is never an absence. Names are segments of letters, digits, `.`, `_` and `-` parted by single slashes.
 * Errors: `not-found`, `forbidden`, `unavailable`, `too-large`, `invalid`, and `conflict` for a blob whose policy or
 * state forbids the operation.
 */
export interface BlobStore {
  /**
   * Stores the bytes unless the name is taken. Returns whether it wrote; `false` says that a blob is there for certain,
   * but it may be this very call's: an attempt whose answer was lost is repeated and then finds its own blob. Where it
   * matters whose bytes they are, read them back and compare.
   */
  putIfAbsent(name: string, body: Uint8Array, options: PutOptions): Promise<boolean>;
  /**
   * Like {@link putIfAbsent} for a body of any size, staged in blocks so that only a few chunks are in memory. Nothing is
   * visible under the name before all of it is there. When the name is taken the body may be left unread. A chunk of the body
   * holds its bytes until the next one is asked for.
   */
  putStreamIfAbsent(name: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<boolean>;
  get(name: string): Promise<StoredBlob>;
  /** The stored bytes from `offset`, at most `length` of them; fewer at the end of the blob. */
  getRange(name: string, offset: number, length: number): Promise<Uint8Array>;
  /** The stored bytes in chunks. */
  stream(name: string): Promise<{ body: AsyncIterable<Uint8Array>; contentEncoding: "gzip" | undefined; size: number }>;
  exists(name: string): Promise<boolean>;
  /** Names that begin with `prefix`, in byte order, from the first one after `after`. */
  list(prefix: string, after?: string): AsyncIterable<{ name: string; size: number }>;
  /** The segments that follow `prefix` (which ends with a slash) and have names below them, each once, in byte order. */
  folders(prefix: string): AsyncIterable<string>;
}

/** Undefined only when the store says that there is no such blob. */
export async function bytesIfThere(blobs: Pick<BlobStore, "get">, name: string): Promise<Uint8Array | undefined> {
  try {
    return (await blobs.get(name)).bytes;
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return undefined;
    throw error;
  }
}
