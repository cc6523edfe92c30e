// Opens a tenant through the adapters: Graph and Exchange, each with tokens of the identity for the one host they are for.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionCredential, vaultOf } from "./adapters/azure/connection-credential.js";
import { storageCredential } from "./adapters/azure/credential.js";
import { proxyCredentials } from "./adapters/azure/proxy-credentials.js";
import { openExchange } from "./adapters/exchange/open.js";
import { openGraph } from "./adapters/graph/open.js";
import { credentialToken, staticToken, type TokenSource } from "./adapters/graph/token.js";
import { type Egress, openEgress } from "./adapters/proxy/egress.js";
import { MailkeepError } from "./core/errors.js";
import { clouds, isLoopback } from "./core/hosts.js";
import type { Random } from "./core/ids.js";
import type { Clock } from "./core/time.js";
import type { Log } from "./ports/log.js";
import type { EgressProxy, Identity, OpenTenant, OpenTenants, Reach } from "./ports/tenants.js";

export interface OpeningDeps {
  clock: Clock;
  random: Random;
  log: Log;
  version?: string;
  /** By the name of the setting. */
  staticTokens: Record<string, string>;
  /** The client id of mailkeep's own identity, which reads the vaults. */
  homeClientId: string | undefined;
}

export const openingTenants =
  (deps: OpeningDeps): OpenTenants =>
  async (reach) =>
    openReach(reach, deps);

function openReach(reach: Reach, deps: OpeningDeps): OpenTenant {
  const egress = reach.proxy === null ? undefined : egressBy(reach.proxy, deps);
  const way = { ...deps, egress };
  const reader = opened(reach.identity, reach, way);
  const writer = reach.writerIdentity === null ? undefined : opened(reach.writerIdentity, reach, way);
  const graphScope = scopeFor(reach.graphBaseUrl, clouds[reach.cloud].graphBaseUrl);
  const exchangeScope = scopeFor(reach.exchangeBaseUrl, clouds[reach.cloud].exchangeBaseUrl);
  const writerToken = writer?.tokens(graphScope);
  const graph = openGraph({
    ...deps,
    baseUrl: reach.graphBaseUrl,
    token: reader.tokens(graphScope),
    ...(writerToken && { writerToken }),
    spoolDir: join(tmpdir(), "mailkeep"),
    agent: egress?.agent,
  });
  const { close: closeExchange, ...exchange } = openExchange({
    ...deps,
    baseUrl: reach.exchangeBaseUrl,
    tenantId: reach.tenantId,
    token: reader.tokens(exchangeScope),
    agent: egress?.agent,
  });
  return {
    ...graph,
    exchange,
    async credentialExpiry() {
      const all = await Promise.all([reader.expiresAt(), writer?.expiresAt()]);
      return all.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0];
    },
    ...(writerToken && { tryWriter: async () => void (await writerToken.get({ fresh: true })) }),
    ...(egress && { tryProxy: () => egress.probe(reach.graphBaseUrl) }),
    async close() {
      await Promise.all([graph.close(), closeExchange()]);
      await egress?.close();
    },
  };
}

/** The vault with the proxy's password is asked directly. */
export function egressBy(
  proxy: EgressProxy,
  { clock, homeClientId }: Pick<OpeningDeps, "clock" | "homeClientId">,
): Egress {
  if (proxy.credentials === null) return openEgress({ proxy });
  const { keyVaultUrl, secretName } = proxy.credentials;
  const vault = vaultOf(keyVaultUrl, { home: () => storageCredential(homeClientId) });
  return openEgress({ proxy, credentials: proxyCredentials(vault, secretName, clock) });
}

/** Tokens are for the service, wherever a sample of it may stand. */
const scopeFor = (baseUrl: string, real: string): string => `${isLoopback(baseUrl) ? real : baseUrl}/.default`;

interface OpenIdentity {
  tokens(scope: string): TokenSource;
  expiresAt(): Promise<Date | undefined>;
}

function opened(identity: Identity, reach: Reach, deps: OpeningDeps & { egress: Egress | undefined }): OpenIdentity {
  if (identity.kind === "staticToken") {
    const token = deps.staticTokens[identity.setting];
    // Checked again at the last moment: a fixed token of a sample tenant has no business anywhere else.
    if (token === undefined || !isLoopback(reach.graphBaseUrl) || !isLoopback(reach.exchangeBaseUrl))
      throw new MailkeepError("unauthenticated", `the setting ${identity.setting} holds no token`, {
        reason: "SETTING_NOT_FOUND",
      });
    return { tokens: () => staticToken(token), expiresAt: async () => undefined };
  }
  const home = () => storageCredential(deps.homeClientId);
  const credential = connectionCredential(identity, reach, { ...deps, home, fetch: deps.egress?.fetch });
  return {
    tokens: (scope) => credentialToken(credential, { scope, clock: deps.clock }),
    expiresAt: credential.expiresAt,
  };
}
