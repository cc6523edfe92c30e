// Exports in a container of Blob Storage: staged blocks, and links that expire.
import {
  BlobSASPermissions,
  type BlobServiceClient,
  type ContainerClient,
  generateBlobSASQueryParameters,
  SASProtocol,
} from "@azure/storage-blob";
import { checkBlobName } from "../../core/blob-limits.js";
import { checkBlock } from "../../core/block-limits.js";
import type { Download, ExportStore } from "../../ports/export-store.js";
import { azureBlobStore } from "./blob-store.js";
import { inTime, translating } from "./errors.js";

export interface ExportContainer {
  container: ContainerClient;
  /** Present when we speak by identity: only then can a link be signed without the account's key. */
  delegating: BlobServiceClient | undefined;
  now(): Date;
}

export function azureExportStore({ container, delegating, now }: ExportContainer): ExportStore {
  const blobOf = (name: string) => {
    checkBlobName(name);
    return container.getBlockBlobClient(name);
  };
  return {
    ...azureBlobStore(container),
    async stageBlock(name, id, bytes) {
      checkBlock(id, bytes);
      const blob = blobOf(name);
      await translating(`stage a block of ${name}`, () => blob.stageBlock(encoded(id), bytes, bytes.length, inTime()));
    },
    async commitBlocks(name, ids, { contentType }) {
      const options = { blobHTTPHeaders: { blobContentType: contentType }, ...inTime() };
      await translating(`put ${name} together`, () => blobOf(name).commitBlockList(ids.map(encoded), options));
    },
    async link(name, download, expiresAt) {
      if (delegating === undefined) return undefined;
      const link = { container: container.containerName, download, startsOn: now(), expiresAt };
      const query = await translating(`sign a link to ${name}`, () => signed(delegating, name, link));
      return `${blobOf(name).url}?${query}`;
    },
    async remove(name) {
      await translating(`remove ${name}`, () => blobOf(name).deleteIfExists(inTime()));
    },
  };
}

const encoded = (id: string): string => Buffer.from(id).toString("base64");

/** A clock that goes a little before ours must not find the link too young. */
const clockSkewMs = 5 * 60_000;

/** https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas: read only, https only, this blob only. */
async function signed(
  service: BlobServiceClient,
  blobName: string,
  link: { container: string; download: Download; startsOn: Date; expiresAt: Date },
): Promise<string> {
  const startsOn = new Date(link.startsOn.getTime() - clockSkewMs);
  const key = await service.getUserDelegationKey(startsOn, link.expiresAt, inTime());
  const { contentType, fileName } = link.download;
  return generateBlobSASQueryParameters(
    {
      containerName: link.container,
      blobName,
      permissions: BlobSASPermissions.parse("r"),
      startsOn,
      expiresOn: link.expiresAt,
      protocol: SASProtocol.Https,
      contentType,
      contentDisposition: `attachment; filename="${fileName}"`,
    },
    key,
    service.accountName,
  ).toString();
}
