// A corner of the emulator for each caller: nobody sees another's blobs, rows or work items.
import { QueueClient } from "@azure/storage-queue";
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

/** Looks into the work queue the way the Functions host does: base64 text. */
export function queueView({ connectionString, prefix }: { connectionString: string; prefix: string }) {
  const work = new QueueClient(connectionString, `${prefix}work`);
  return {
    async visible(): Promise<string[]> {
      const { receivedMessageItems } = await work.receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString());
    },
    async depth(): Promise<number> {
      return (await work.getProperties()).approximateMessagesCount ?? 0;
    },
  };
}
