import type { BlobStore } from "./blob-store.js";

/** What a browser is told of a download. */
export interface Download {
  contentType: string;
  fileName: string;
}

/**
 * Where exports lie: write-once blobs, and large ones put together from blocks that may be staged by one worker and
 * committed by another, days apart.
 *
 * A staged block is invisible and kept for a week at least. Ids of blocks are up to 40 letters, digits and `-`, all equally
 * long for one blob. Errors as of {@link BlobStore}.
 */
export interface ExportStore extends BlobStore {
  /** Keeps the bytes (1 byte to 8 MiB) as a block of the blob-to-be; staging an id again replaces its block. */
  stageBlock(name: string, id: string, bytes: Uint8Array): Promise<void>;
  /**
   * Makes the blob of these blocks, in this order. Done again with the same ids it changes nothing.
   * @throws MailkeepError `invalid` when a block is not there
   */
  commitBlocks(name: string, ids: string[], options: { contentType: string }): Promise<void>;
  /**
   * An address from which anybody may read the blob until `expiresAt`, without any further right; undefined when this
   * store cannot give one.
   */
  link(name: string, download: Download, expiresAt: Date): Promise<string | undefined>;
  /** Removes the blob; one that is not there is no error. */
  remove(name: string): Promise<void>;
}
