// Which identity speaks to the storage account when there is no connection string.
import type { TokenCredential } from "@azure/identity";

/**
 * The named managed identity when the settings name one, as they do in Azure; otherwise whoever is signed in here (or the
 * system-assigned identity). The library is loaded only now: it costs a cold start that a connection string need not pay.
 */
export async function storageCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import("@azure/identity");
  return oneAtATime(
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId }),
  );
}

/**
 * Every container, table and queue client asks for a token of its own. At the start they all ask at once, and an identity
 * endpoint refuses a burst (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#retry-guidance):
 * those that ask for the same share one question. Tokens already had are the library's to keep.
 */
function oneAtATime(credential: TokenCredential): TokenCredential {
  const asked = new Map<string, ReturnType<TokenCredential["getToken"]>>();
  return {
    getToken(scopes, options) {
      // The first asker's signal must not end the wait of the others; every call has its own time limit besides.
      const { abortSignal: _, tracingOptions: __, ...asks } = options ?? {};
      const question = JSON.stringify([scopes, asks]);
      const answer = asked.get(question) ?? credential.getToken(scopes, asks).finally(() => asked.delete(question));
      asked.set(question, answer);
      return answer;
    },
  };
}
