// Pure: what a caller sent becomes a reach, or is refused with the field and the reason. No token may ever go to a host
// that is neither Microsoft's nor this machine.

import { MailkeepError } from "../core/errors.js";
import { type CloudName, cloudNames, clouds, type Hosts, isLoopback } from "../core/hosts.js";
import type { EgressProxy, Identity, Reach } from "../ports/tenants.js";
import type { ConnectionInput } from "./connection.js";

export interface ConnectionRules {
  /** Loopback and secrets are for development. */
  inAzure: boolean;
  /** ALLOW_SECRET_IDENTITY: secrets in Azure all the same. */
  allowSecrets: boolean;
  /** The tenant of the managed identities, when the settings name it. */
  homeTenantId: string | undefined;
  /** The settings that hold a static token; never their values. */
  staticTokens: string[];
}

/** @throws invalid, naming the field */
export function settle(input: ConnectionInput, rules: ConnectionRules): Reach {
  const cloud = input.cloud ?? cloudOf(input.graphBaseUrl) ?? "global";
  const hosts = hostsOf(input, cloud);
  if (isLoopback(hosts.graphBaseUrl) && rules.inAzure)
    throw refused(
      "LOOPBACK_IN_AZURE",
      "graphBaseUrl",
      "is loopback, which is for development: nothing answers there in Azure",
    );
  const { tenantId, identity, writerIdentity, proxy } = input;
  const place = { tenantId, here: isLoopback(hosts.graphBaseUrl), rules };
  checkIdentity(identity, "identity", place);
  if (writerIdentity !== null) checkIdentity(writerIdentity, "writerIdentity", place);
  if (proxy !== null) checkProxy(proxy, place);
  return { tenantId, cloud, ...hosts, identity, writerIdentity, proxy };
}

const cloudOf = (graphBaseUrl: string | undefined): CloudName | undefined =>
  cloudNames.find((name) => clouds[name].graphBaseUrl === graphBaseUrl);

/** A tenant on this machine has all its doors here; one of Microsoft's has none. */
function hostsOf(input: ConnectionInput, cloud: CloudName): Hosts {
  const own = clouds[cloud];
  const graphBaseUrl = input.graphBaseUrl ?? own.graphBaseUrl;
  const here = isLoopback(graphBaseUrl);
  const host = (field: "graphBaseUrl" | "exchangeBaseUrl" | "loginBaseUrl"): string => {
    const url = input[field] ?? (here ? graphBaseUrl : own[field]);
    if (here ? isLoopback(url) : url === own[field]) return url;
    const must = here
      ? "must be loopback too, as graphBaseUrl is"
      : `must be ${own[field]}, the host of the cloud ${cloud}, or loopback`;
    throw refused("HOST_NOT_ALLOWED", field, `${must}: tokens are sent nowhere else`);
  };
  return {
    graphBaseUrl: host("graphBaseUrl"),
    exchangeBaseUrl: host("exchangeBaseUrl"),
    loginBaseUrl: host("loginBaseUrl"),
  };
}

interface Place {
  tenantId: string;
  /** The tenant is on this machine. */
  here: boolean;
  rules: ConnectionRules;
}

function checkIdentity(identity: Identity, field: string, { tenantId, here, rules }: Place): void {
  const wrong = (reason: string, message: string) => refused(reason, `${field}.kind`, message);
  const { kind } = identity;
  if (kind === "secret" && rules.inAzure && !rules.allowSecrets)
    throw wrong("SECRET_IDENTITY_REFUSED", secretsAreForDevelopment);
  if (kind === "secret" || kind === "certificate") {
    checkVault(identity.keyVaultUrl, `${field}.keyVaultUrl`, here);
    return;
  }
  if (kind === "staticToken") {
    if (!here) throw wrong("STATIC_TOKEN_NOT_LOOPBACK", "staticToken is accepted only when graphBaseUrl is loopback");
    if (rules.staticTokens.includes(identity.setting)) return;
    throw refused("SETTING_NOT_FOUND", `${field}.setting`, `names no setting: set ${identity.setting} and restart`);
  }
  if (here) throw wrong("IDENTITY_NOT_ALLOWED", `${kind} ${realTokens}`);
  if (kind === "managedIdentity" && isOther(tenantId, rules.homeTenantId))
    throw wrong("IDENTITY_OF_OTHER_TENANT", "managedIdentity reaches its own tenant only; use federated for another");
}

function checkProxy({ url, credentials }: EgressProxy, { here, rules }: Place): void {
  if (isLoopback(url) && rules.inAzure)
    throw refused(
      "LOOPBACK_IN_AZURE",
      "proxy.url",
      "is loopback, which is for development: nothing answers there in Azure",
    );
  // A tenant on this machine may speak plain http: beyond this machine its token would be readable on the way.
  if (here && !isLoopback(url))
    throw refused("PROXY_NOT_LOOPBACK", "proxy.url", "must be loopback too, as graphBaseUrl is");
  if (credentials !== null) checkVault(credentials.keyVaultUrl, "proxy.credentials.keyVaultUrl", here);
}

const secretsAreForDevelopment =
  "secret is for development; in Azure use managedIdentity, federated or certificate (ALLOW_SECRET_IDENTITY=true allows it)";
const realTokens = "gets real tokens, which are not sent to loopback; use staticToken, certificate or secret";

const isOther = (tenantId: string, home: string | undefined): boolean =>
  home !== undefined && home.toLowerCase() !== tenantId.toLowerCase();

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#vault-uri */
const vaultHost = /^[a-z][a-z0-9-]{1,22}[a-z0-9]\.vault\.(azure\.net|usgovcloudapi\.net|azure\.cn)$/;

function checkVault(url: string, field: string, here: boolean): void {
  if (here && isLoopback(url)) return;
  if (vaultHost.test(new URL(url).host)) return;
  throw refused(
    "HOST_NOT_ALLOWED",
    field,
    "must be the address of a key vault, such as https://contoso.vault.azure.net",
  );
}

const refused = (reason: string, field: string, message: string): MailkeepError =>
  new MailkeepError("invalid", `${field} ${message}`, { reason, field });
