// The storage account behind the three storage ports.
import { MailkeepError } from "../../core/errors.js";
import type { BlobRemoval } from "../../ports/blob-removal.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { ExportStore } from "../../ports/export-store.js";
import type { RowStore, Table } from "../../ports/row-store.js";
import type { WorkQueue } from "../../ports/work-queue.js";
import type { SeldomTier } from "./blob-put.js";
import { azureBlobRemoval } from "./blob-removal.js";
import { azureBlobStore } from "./blob-store.js";
import { inTime, translating } from "./errors.js";
import { azureExportStore } from "./export-store.js";
import { azureRowStore } from "./row-store.js";
import { openClients, type StorageAccount, type StorageClients } from "./storage-clients.js";
import { azureWorkQueue } from "./work-queue.js";

export interface AzureStorage {
  blobs: BlobStore;
  /** Of the same container. */
  removal: BlobRemoval;
  exports: ExportStore;
  rows: RowStore;
  queue: WorkQueue;
  /** Creates the containers, the tables and the queues that are missing; asks the service only until it succeeded once. */
  create(): Promise<void>;
}

const tables: Record<Table, true> = {
  connections: true,
  profiles: true,
  mailboxes: true,
  claims: true,
  cursors: true,
  messages: true,
  quarantine: true,
  runs: true,
  audit: true,
};

/**
 * Opens the account; nothing is asked of it yet. A `prefix` (lower-case letters and digits) goes before the name of the
 * container and of every table and queue, so that several archives can share an account. Blobs that are seldom read and
 * large enough are born in `seldomTier`.
 * @throws MailkeepError `invalid` for a bad connection string or prefix.
 */
export async function openAzureStorage(
  config: StorageAccount,
  { prefix = "", seldomTier }: { prefix?: string; seldomTier?: SeldomTier | undefined } = {},
): Promise<AzureStorage> {
  if (!/^([a-z][a-z0-9]{0,19})?$/.test(prefix))
    throw new MailkeepError("invalid", "a storage prefix is up to 20 lower-case letters and digits", {
      field: "prefix",
    });
  const clients = await openClients(config, prefix);
  let created: Promise<void> | undefined;
  return {
    blobs: azureBlobStore(clients.container, seldomTier),
    removal: azureBlobRemoval(clients.container),
    exports: azureExportStore({ container: clients.exports, delegating: clients.delegating, now: () => new Date() }),
    rows: azureRowStore(clients.table),
    queue: azureWorkQueue(clients.work),
    create() {
      created ??= createMissing(clients).catch((error: unknown) => {
        created = undefined;
        throw error;
      });
      return created;
    },
  };
}

async function createMissing(clients: StorageClients): Promise<void> {
  await translating("create the containers, tables and queues", async () => {
    await Promise.all([
      clients.container.createIfNotExists(inTime()),
      clients.exports.createIfNotExists(inTime()),
      clients.work.createIfNotExists(inTime()),
      clients.poison.createIfNotExists(inTime()),
      ...(Object.keys(tables) as Table[]).map((name) => clients.table(name).createTable(inTime())),
    ]);
  });
}
