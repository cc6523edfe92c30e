// A corner of the emulator for each caller: nobody sees another's blobs, rows or work items.
import { inject } from "vitest";
import { type AzureStorage, openAzureStorage } from "../../lib/adapters/azure/storage.js";
import { systemRandom } from "../../lib/adapters/system/random.js";

export async function openAzuriteStorage(): Promise<AzureStorage & { prefix: string; connectionString: string }> {
  const prefix = `t${systemRandom.hex(12)}`;
  const connectionString = inject("azurite");
  const storage = await openAzureStorage({ kind: "connection-string", connectionString }, { prefix });
  await storage.create();
  return { ...storage, prefix, connectionString };
}
