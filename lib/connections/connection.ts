// A connection: one tenant and the identity used to reach it, as the API takes it and the tables keep it.
import { createHash } from "node:crypto";
import { z } from "zod";
import { cloudNames, Origin, ProxyOrigin } from "../core/hosts.js";
import type { ConnectionId } from "../core/ids.js";
import { Text } from "../core/text.js";
import type { EgressProxy, Identity, Reach } from "../ports/tenants.js";

/** A directory (tenant) id, or one of the tenant's domains. */
const TenantId = z
  .string()
  .regex(/^[0-9A-Za-z](?:[0-9A-Za-z.-]{0,251}[0-9A-Za-z])?$/, "is not a tenant id: a GUID, or a domain of the tenant");

const ClientId = z.guid("is not a client id: a GUID").max(36);

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning */
const VaultObject = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,127}$/, "is not a Key Vault name: 1 to 127 letters, digits, hyphens");

/** The settings whose values may be sent as a token: no other setting can be made to leave the house. */
const staticTokenSetting = /^GRAPH_STATIC_TOKEN(?:_[A-Z0-9_]{1,40})?$/;

export const IdentityInput = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("managedIdentity"), clientId: ClientId.nullable().default(null) }),
  z.strictObject({ kind: z.literal("federated"), managedIdentityClientId: ClientId, appClientId: ClientId }),
  z.strictObject({
    kind: z.literal("certificate"),
    clientId: ClientId,
    keyVaultUrl: Origin,
    certificateName: VaultObject,
  }),
  z.strictObject({ kind: z.literal("secret"), clientId: ClientId, keyVaultUrl: Origin, secretName: VaultObject }),
  z.strictObject({
    kind: z.literal("staticToken"),
    setting: z
      .string()
      .regex(staticTokenSetting, "is not GRAPH_STATIC_TOKEN or GRAPH_STATIC_TOKEN_…: only the name of a setting"),
  }),
]) satisfies z.ZodType<Identity>;

const ProxyInput = z.strictObject({
  url: ProxyOrigin,
  /** A secret of the form `user:password`. */
  credentials: z.strictObject({ keyVaultUrl: Origin, secretName: VaultObject }).nullable().default(null),
}) satisfies z.ZodType<EgressProxy>;

/** What a caller sends. Omitted hosts are those of the cloud; unknown fields are refused, so no secret can slip in. */
export const ConnectionInput = z.strictObject({
  description: Text(500).default(""),
  tenantId: TenantId,
  /** Omitted: the cloud of `graphBaseUrl`, else `global`. */
  cloud: z.enum(cloudNames).optional(),
  graphBaseUrl: Origin.optional(),
  exchangeBaseUrl: Origin.optional(),
  loginBaseUrl: Origin.optional(),
  identity: IdentityInput,
  /** For deleting; without it nothing in a mailbox is ever changed. */
  writerIdentity: IdentityInput.nullable().default(null),
  /** The way out to Graph, Exchange and the token endpoint, where there is no direct one. */
  proxy: ProxyInput.nullable().default(null),
});
export type ConnectionInput = z.infer<typeof ConnectionInput>;

export interface Connection extends Reach {
  id: ConnectionId;
  description: string;
  createdAt: string;
  updatedAt: string;
}

/** What a test was passed with: another tenant, host or identity is another connection, and must pass its own. */
export function fingerprint(reach: Reach): string {
  const { tenantId, cloud, graphBaseUrl, exchangeBaseUrl, loginBaseUrl, identity, writerIdentity, proxy } = reach;
  const inOrder = (who: Identity | null) => who && Object.entries(who).sort(([a], [b]) => (a < b ? -1 : 1));
  const who = [inOrder(identity), inOrder(writerIdentity)];
  const hosts = [graphBaseUrl, exchangeBaseUrl, loginBaseUrl];
  // Without a proxy the same text as before there were any: a connection does not lose its test by an update.
  const way = proxy === null ? [] : [[proxy.url, proxy.credentials?.keyVaultUrl, proxy.credentials?.secretName]];
  const text = JSON.stringify([tenantId.toLowerCase(), cloud, ...hosts, who, ...way]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
