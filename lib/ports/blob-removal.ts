/** A blob as it lay there when it was listed. */
export interface RemovableBlob {
  name: string;
  size: number;
  lastModified: Date;
  /** Changes with every write to the name (the service's ETag). */
  version: string;
}

/**
 * removed    it is gone
 * absent     it was gone already, e.g. by an earlier try whose answer was lost
 * changed    another version lies there; it was left alone
 * protected  a policy or a legal hold keeps it
 */
export type Removal = "removed" | "absent" | "changed" | "protected";

/**
 * The one way to take anything out of the archive: apart from BlobStore, so that whoever stores mail cannot remove any.
 * Errors as of BlobStore; names are the same.
 */
export interface BlobRemoval {
  /** Names that begin with `prefix`, in byte order, from the first one after `after`. */
  list(prefix: string, after?: string): AsyncIterable<RemovableBlob>;
  /** Removes the blob if it still is this version. */
  remove(name: string, version: string): Promise<Removal>;
}
