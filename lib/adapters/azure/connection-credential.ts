// The credential of a connection: whatever proves the identity, behind one way to get a token.
import type { TokenCredential } from "@azure/identity";
import { MailkeepError } from "../../core/errors.js";
import { type CloudName, exchangeAudience, isLoopback } from "../../core/hosts.js";
import type { Random } from "../../core/ids.js";
import type { Clock } from "../../core/time.js";
import type { Identity, Reach } from "../../ports/tenants.js";
import { type AccessToken, certificateAssertion, clientCredentialsToken, type Proof } from "./client-credentials.js";
import { storageCredential } from "./credential.js";
import { type KeyVault, openKeyVault } from "./key-vault.js";
import type { Fetch } from "./web.js";

export interface ConnectionCredential {
  getToken(scope: string): Promise<AccessToken | null>;
  /** Undefined for one that cannot expire. */
  expiresAt(): Promise<Date | undefined>;
}

export interface CredentialDeps {
  clock: Clock;
  random: Random;
  /** The identity that reads the vaults: mailkeep's own. */
  home(): Promise<TokenCredential>;
  /** The way to the token endpoint, where it is not direct. */
  fetch?: Fetch | undefined;
}

type Proving = Exclude<Identity, { kind: "staticToken" }>;

/** Nothing is asked of anybody before the first token. */
export function connectionCredential(
  identity: Proving,
  { tenantId, loginBaseUrl, cloud }: Pick<Reach, "tenantId" | "loginBaseUrl" | "cloud">,
  deps: CredentialDeps,
): ConnectionCredential {
  const never = async () => undefined;
  const by = (clientId: string, prove: () => Promise<Proof>) => async (scope: string) => {
    const app = { loginBaseUrl, tenantId, clientId };
    return clientCredentialsToken(app, await prove(), { scope, clock: deps.clock, fetch: deps.fetch });
  };
  switch (identity.kind) {
    case "managedIdentity":
      return { getToken: (scope) => managedToken(identity.clientId ?? undefined, scope), expiresAt: never };
    case "federated": {
      const assertion = () => exchangeToken(identity.managedIdentityClientId, cloud);
      return { getToken: by(identity.appClientId, assertion), expiresAt: never };
    }
    case "certificate": {
      const { clientId, certificateName } = identity;
      const vault = vaultOf(identity.keyVaultUrl, deps);
      const app = { loginBaseUrl, tenantId, clientId };
      const assertion = async () => ({
        assertion: await certificateAssertion(app, { ...deps, vault, certificateName }),
      });
      return {
        getToken: by(clientId, assertion),
        expiresAt: async () => (await vault.certificate(certificateName)).expiresAt,
      };
    }
    case "secret": {
      const vault = vaultOf(identity.keyVaultUrl, deps);
      const secret = async () => ({ secret: (await vault.secret(identity.secretName)).value });
      return {
        getToken: by(identity.clientId, secret),
        expiresAt: async () => (await vault.secret(identity.secretName)).expiresAt,
      };
    }
  }
}

async function managedToken(clientId: string | undefined, scope: string): Promise<AccessToken | null> {
  return (await storageCredential(clientId)).getToken(scope);
}

async function exchangeToken(clientId: string, cloud: CloudName): Promise<Proof> {
  const token = await managedToken(clientId, `${exchangeAudience[cloud]}/.default`);
  return { assertion: token?.token ?? "" };
}

function noToken(cause?: unknown): MailkeepError {
  const name = cause instanceof Error ? ` (${cause.name})` : "";
  const message = `mailkeep's own identity gave no token for the key vault${name}`;
  return new MailkeepError("unavailable", message, { reason: "IDENTITY_UNAVAILABLE", cause });
}

/** A vault on this machine is a sample: nobody's real token goes there. */
export function vaultOf(url: string, { home }: Pick<CredentialDeps, "home">): KeyVault {
  if (isLoopback(url)) return openKeyVault(url, async () => "sample");
  // https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#vault-uri
  const audience = new URL(url).hostname.replace(/^[^.]+\./, "https://");
  return openKeyVault(url, async () => {
    const answer = await home()
      .then((identity) => identity.getToken(`${audience}/.default`))
      .catch((cause: unknown) => {
        throw noToken(cause);
      });
    if (answer === null) throw noToken();
    return answer.token;
  });
}
