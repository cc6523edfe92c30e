// Where large attachments are stored: in the tier that the settings name, and small ones hot whatever they name.
import { randomBytes } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import { describe, expect, inject, it } from "vitest";
import { leastBilledBytes } from "../../../../lib/adapters/azure/blob-put.js";
import { openAzureStorage } from "../../../../lib/adapters/azure/storage.js";
import { loadConfig } from "../../../../lib/config.js";

const seldom = { contentType: "application/octet-stream", seldomRead: true } as const;
const often = { contentType: "application/zip" };

async function storage(ATTACHMENT_TIER: string) {
  const connectionString = inject("azurite");
  const prefix = `tier${randomBytes(4).toString("hex")}`;
  const { attachmentTier } = loadConfig({ ARCHIVE_STORAGE: connectionString, AUTH_MODE: "local", ATTACHMENT_TIER });
  const opened = await openAzureStorage(
    { kind: "connection-string", connectionString },
    { prefix, seldomTier: attachmentTier },
  );
  await opened.create();
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(`${prefix}archive`);
  return {
    ...opened,
    tierOf: async (name: string) => (await container.getBlobClient(name).getProperties()).accessTier,
  };
}

async function* twoBlocks(): AsyncIterable<Uint8Array> {
  yield new Uint8Array(4 * 1024 * 1024);
  yield new Uint8Array(1);
}

describe.each(["Cool", "Cold"])("ATTACHMENT_TIER %s", (tier) => {
  it("takes what is seldom read and has 128 KiB, however it is sent", async () => {
    const { blobs, tierOf } = await storage(tier);
    await blobs.putIfAbsent("large", new Uint8Array(leastBilledBytes), seldom);
    await blobs.putStreamIfAbsent("streamed", twoBlocks(), seldom);
    expect([await tierOf("large"), await tierOf("streamed")]).toEqual([tier, tier]);
    expect((await blobs.get("large")).bytes).toHaveLength(leastBilledBytes);
  });

  it("leaves small ones hot, and everything else", async () => {
    const { blobs, tierOf } = await storage(tier);
    await blobs.putIfAbsent("small", new Uint8Array(leastBilledBytes - 1), seldom);
    await blobs.putIfAbsent("pack", new Uint8Array(leastBilledBytes), often);
    expect([await tierOf("small"), await tierOf("pack")]).toEqual(["Hot", "Hot"]);
  });
});

it("stores everything hot where nothing else is asked for", async () => {
  const { blobs, tierOf } = await storage("");
  await blobs.putIfAbsent("large", new Uint8Array(leastBilledBytes), seldom);
  expect(await tierOf("large")).toBe("Hot");
});

it("says what is wrong with another tier", () => {
  const env = { ARCHIVE_STORAGE: "UseDevelopmentStorage=true", AUTH_MODE: "local", ATTACHMENT_TIER: "Archive" };
  expect(() => loadConfig(env)).toThrow(/ATTACHMENT_TIER: must be Hot, Cool or Cold/);
});
