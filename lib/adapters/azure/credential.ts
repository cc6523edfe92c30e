// Which identity speaks to the storage account when there is no connection string.
import type { TokenCredential } from "@azure/identity";

/**
 * The named managed identity when the settings name one, as they do in Azure; otherwise whoever is signed in here (or the
 * system-assigned identity). The library is loaded only now: it costs a cold start that a connection string need not pay.
 */
export async function storageCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import("@azure/identity");
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}
