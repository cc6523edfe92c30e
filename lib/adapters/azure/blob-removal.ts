// Removal of blobs from one container of Blob Storage.
import type { ContainerClient } from "@azure/storage-blob";
import { checkBlobName } from "../../core/blob-limits.js";
import { isMailkeepError } from "../../core/errors.js";
import type { BlobRemoval, RemovableBlob, Removal } from "../../ports/blob-removal.js";
import { blobExists } from "./blob-put.js";
import { inTime, translating } from "./errors.js";

/** A page has at most 5,000 blobs. https://learn.microsoft.com/rest/api/storageservices/list-blobs */
const pageBlobs = 5_000;

export function azureBlobRemoval(container: ContainerClient): BlobRemoval {
  return {
    list: (prefix, after) => list(container, prefix, after),
    async remove(name, version): Promise<Removal> {
      checkBlobName(name);
      const options = { conditions: { ifMatch: version }, ...inTime() };
      try {
        await translating(`remove ${name}`, () => container.getBlobClient(name).delete(options));
        return "removed";
      } catch (error) {
        if (isMailkeepError(error, "not-found")) return "absent";
        // A condition on a blob that is not there is not met either.
        if (isMailkeepError(error, "precondition-failed"))
          return (await blobExists(container.getBlockBlobClient(name))) ? "changed" : "absent";
        // Time-based retention, a legal hold, a lease: https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview
        if (isMailkeepError(error, "conflict")) return "protected";
        throw error;
      }
    },
  };
}

async function* list(container: ContainerClient, prefix: string, after = ""): AsyncIterable<RemovableBlob> {
  const where = { ...(prefix !== "" && { prefix }), ...(after > prefix && { startFrom: after }) };
  let continuationToken: string | undefined;
  do {
    const settings = { maxPageSize: pageBlobs, ...(continuationToken !== undefined && { continuationToken }) };
    const pages = container.listBlobsFlat({ ...where, ...inTime() }).byPage(settings);
    const { done, value: page } = await translating("list blobs", () => pages.next());
    if (done) return;
    for (const { name, properties } of page.segment.blobItems) {
      const { contentLength: size = 0, lastModified, etag } = properties;
      // `startFrom` includes the name itself. The list gives ETags without their quotes.
      if (name > after) yield { name, size, lastModified, version: etag.startsWith('"') ? etag : `"${etag}"` };
    }
    continuationToken = page.continuationToken;
  } while (continuationToken);
}
