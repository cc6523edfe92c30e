// Opens the storage account: one client per container, table and queue, kept for the life of the process, so that
// connections and tokens are shared.
import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { type QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { MailkeepError } from "../../core/errors.js";
import type { Table } from "../../ports/row-store.js";
import { storageCredential } from "./credential.js";
import { cutAnswersAgain } from "./cut-answers.js";

/** How the account is reached: `Config.storage`, said again because an adapter knows nothing of settings. */
export type StorageAccount =
  | { kind: "connection-string"; connectionString: string }
  | { kind: "identity"; blobUrl: string; queueUrl: string; tableUrl: string; clientId: string | undefined };

export interface StorageClients {
  container: ContainerClient;
  exports: ContainerClient;
  /** The blob service when it is reached by identity, which may sign links. */
  delegating: BlobServiceClient | undefined;
  table(name: Table): TableClient;
  work: QueueClient;
  /** Where the Functions host puts items that failed too often: always the queue's name and `-poison`. */
  poison: QueueClient;
}

/** Transient faults (500, 503, a dropped socket) are tried four times over about four seconds; the caller's retry is the queue. */
const blobAndQueueRetries = { maxTries: 4, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };
const tableRetries = { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };

interface Services {
  blobs: BlobServiceClient;
  queues: QueueServiceClient;
  openTable(name: string): TableClient;
}

/** @throws MailkeepError `invalid` for a connection string that cannot be read or that leaves the machine in the clear. */
export async function openClients(config: StorageAccount, prefix: string): Promise<StorageClients> {
  const services = config.kind === "identity" ? await byIdentity(config) : byConnectionString(config.connectionString);
  const tables = new Map<Table, TableClient>();
  const clients: StorageClients = {
    container: services.blobs.getContainerClient(`${prefix}archive`),
    exports: services.blobs.getContainerClient(`${prefix}exports`),
    delegating: config.kind === "identity" ? services.blobs : undefined,
    table(name) {
      const table = tables.get(name) ?? services.openTable(`${prefix}${name}`);
      tables.set(name, table);
      return table;
    },
    work: services.queues.getQueueClient(`${prefix}work`),
    poison: services.queues.getQueueClient(`${prefix}work-poison`),
  };
  for (const url of [services.blobs.url, services.queues.url, clients.table("messages").url]) refuseInTheClear(url);
  return clients;
}

async function byIdentity(config: Extract<StorageAccount, { kind: "identity" }>): Promise<Services> {
  const credential = await storageCredential(config.clientId);
  const options = { retryOptions: blobAndQueueRetries };
  return {
    blobs: new BlobServiceClient(config.blobUrl, credential, options),
    queues: new QueueServiceClient(config.queueUrl, credential, options),
    openTable: (name) => new TableClient(config.tableUrl, name, credential, tableOptions(config.tableUrl)),
  };
}

function byConnectionString(connectionString: string): Services {
  const options = { retryOptions: blobAndQueueRetries };
  try {
    const { url } = TableClient.fromConnectionString(connectionString, "messages");
    return {
      blobs: BlobServiceClient.fromConnectionString(connectionString, options),
      queues: QueueServiceClient.fromConnectionString(connectionString, options),
      openTable: (name) => TableClient.fromConnectionString(connectionString, name, tableOptions(url)),
    };
  } catch {
    // The library's message may quote the string, which holds the key.
    throw new MailkeepError("invalid", "ARCHIVE_STORAGE is not a storage connection string", {
      field: "ARCHIVE_STORAGE",
    });
  }
}

function tableOptions(url: string): TableServiceClientOptions {
  return {
    retryOptions: tableRetries,
    allowInsecureConnection: url.startsWith("http://"),
    additionalPolicies: [cutAnswersAgain],
  };
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

function refuseInTheClear(url: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !loopback.has(hostname))
    throw new MailkeepError("invalid", "ARCHIVE_STORAGE names an http endpoint; http is for loopback only, use https", {
      field: "ARCHIVE_STORAGE",
    });
}
