// Blobs in one container of Blob Storage.
import type { BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import { checkBlobName, checkRange } from "../../core/blob-limits.js";
import { isMailkeepError, MailkeepError } from "../../core/errors.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { blobExists, putBlob, putBlocks, type SeldomTier } from "./blob-put.js";
import { collect, open } from "./blob-read.js";
import { inTime, translating } from "./errors.js";

export function azureBlobStore(container: ContainerClient, seldomTier?: SeldomTier): BlobStore {
  const blobOf = (name: string): BlockBlobClient => {
    checkBlobName(name);
    return container.getBlockBlobClient(name);
  };
  return {
    async putIfAbsent(name, body, options) {
      return putBlob(blobOf(name), body, { ...options, seldomTier });
    },
    async putStreamIfAbsent(name, body, options) {
      return putBlocks(blobOf(name), body, { ...options, seldomTier });
    },
    async get(name) {
      const opened = await open(blobOf(name));
      return { bytes: await collect(opened), contentEncoding: opened.contentEncoding };
    },
    async getRange(name, offset, length) {
      checkRange(offset, length);
      return getRange(blobOf(name), offset, length);
    },
    async stream(name) {
      return open(blobOf(name));
    },
    async exists(name) {
      return blobExists(blobOf(name));
    },
    list: (prefix, after) => list(container, prefix, after),
    folders: (prefix) => folders(container, prefix),
  };
}

async function getRange(blob: BlockBlobClient, offset: number, length: number): Promise<Uint8Array> {
  if (length === 0) {
    if (await blobExists(blob)) return new Uint8Array();
    throw new MailkeepError("not-found", `there is no blob ${blob.name}`);
  }
  try {
    return await collect(await open(blob, { offset, length }));
  } catch (error) {
    // 416: the blob is there and ends before the range begins.
    if (isMailkeepError(error) && error.reason === "InvalidRange") return new Uint8Array();
    throw error;
  }
}

/** A page has at most 5,000 blobs. https://learn.microsoft.com/rest/api/storageservices/list-blobs */
const pageBlobs = 5_000;

async function* list(
  container: ContainerClient,
  prefix: string,
  after = "",
): AsyncIterable<{ name: string; size: number }> {
  const where = { ...(prefix !== "" && { prefix }), ...(after > prefix && { startFrom: after }) };
  let continuationToken: string | undefined;
  do {
    const settings = { maxPageSize: pageBlobs, ...(continuationToken !== undefined && { continuationToken }) };
    const pages = container.listBlobsFlat({ ...where, ...inTime() }).byPage(settings);
    const { done, value: page } = await translating("list blobs", () => pages.next());
    if (done) return;
    // `startFrom` includes the name itself.
    for (const { name, properties } of page.segment.blobItems)
      if (name > after) yield { name, size: properties.contentLength ?? 0 };
    continuationToken = page.continuationToken;
  } while (continuationToken);
}

async function* folders(container: ContainerClient, prefix: string): AsyncIterable<string> {
  let continuationToken: string | undefined;
  do {
    const settings = { maxPageSize: pageBlobs, ...(continuationToken !== undefined && { continuationToken }) };
    const pages = container.listBlobsByHierarchy("/", { prefix, ...inTime() }).byPage(settings);
    const { done, value: page } = await translating("list folders", () => pages.next());
    if (done) return;
    for (const { name } of page.segment.blobPrefixes ?? []) yield name.slice(prefix.length, -1);
    continuationToken = page.continuationToken;
  } while (continuationToken);
}
