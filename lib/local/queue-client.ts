// Opens the queue behind a trigger's `connection` setting, by the same rules as Azure's host.
import { DefaultAzureCredential, ManagedIdentityCredential } from "@azure/identity";
import { QueueServiceClient } from "@azure/storage-queue";
import type { Environment } from "./host-settings.js";

/**
 * `connection` names a setting with a connection string, or the prefix of settings for an identity (`…__queueServiceUri`).
 * @throws Error that names the setting to add.
 */
export function openQueueService(connection: string, env: Environment): QueueServiceClient {
  const connectionString = env[connection] ?? env[`AzureWebJobs${connection}`];
  if (connectionString) return QueueServiceClient.fromConnectionString(connectionString);
  const uri = env[`${connection}__queueServiceUri`];
  if (!uri)
    throw new Error(`the setting ${connection} is missing: a connection string, or ${connection}__queueServiceUri`);
  const clientId = env[`${connection}__clientId`];
  const managed = env[`${connection}__credential`] === "managedidentity";
  const credential = managed
    ? new ManagedIdentityCredential(clientId === undefined ? {} : { clientId })
    : new DefaultAzureCredential();
  return new QueueServiceClient(uri, credential);
}
