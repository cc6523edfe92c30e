// The same scan over real storage: its lists, its content encodings, its rows.
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, it } from "vitest";
import { bringUpToDate } from "../../lib/catalog/replay.js";
import { openAzuriteStorage } from "../contract/azurite-storage.js";
import { aStoredArchive, aVerifier } from "../unit/verify/a-verifier.js";

it("finds nothing in what is whole, and what is damaged", async () => {
  const archive = await aStoredArchive();
  const storage = await openAzuriteStorage();
  for (const name of archive.blobs.names()) {
    const { bytes, contentEncoding } = await archive.blobs.get(name);
    const options = { contentType: "application/octet-stream", ...(contentEncoding && { contentEncoding }) };
    await storage.blobs.putIfAbsent(name, bytes, options);
  }
  await bringUpToDate(archive.mailbox, storage);
  for (const budgetMs of [60_000, 0]) {
    const told = await aVerifier(storage, budgetMs).verify();
    expect(told).toMatchObject({ status: "succeeded", read: { records: 4, packs: 3, messages: 6, rows: 12 } });
  }
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  const container = service.getContainerClient(`${storage.prefix}archive`);
  const attachment = archive.blobs.names().find((name) => name.startsWith("attachments/")) ?? "";
  await container.getBlockBlobClient(attachment).upload("other", 5);
  const record = archive.blobs.names().find((name) => name.includes("00000003.json")) ?? "";
  await container.deleteBlob(record);
  const told = await aVerifier(storage).verify();
  expect(Object.keys(told.findings.byCode)).toEqual(expect.arrayContaining(["attachment-damaged", "record-missing"]));
});
