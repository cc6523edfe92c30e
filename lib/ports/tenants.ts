import type { CloudName, Hosts } from "../core/hosts.js";
import type { ConnectionId } from "../core/ids.js";
import type { Directory } from "./directory.js";
import type { ExchangeAdmin } from "./exchange-admin.js";
import type { MailSource } from "./mail-source.js";
import type { MailWriter } from "./mail-writer.js";

/** What a token says of itself; nobody but the service it is for can tell whether that is true. */
export interface TokenFacts {
  /** The application permissions; undefined when the token is opaque. */
  roles: string[] | undefined;
  appId?: string | undefined;
  /** The object id of the service principal. */
  principalId?: string | undefined;
  tenantId?: string | undefined;
  /** ISO 8601. */
  issuedAt?: string | undefined;
  expiresAt?: string | undefined;
}

/** Everything that is asked of one tenant, with the identity of one connection. */
export interface TenantEdge {
  connection: ConnectionId;
  mail: MailSource;
  /** The second identity, which may change mailboxes; absent: nothing is ever deleted. */
  writer?: MailWriter | undefined;
  directory: Directory;
  exchange: ExchangeAdmin;
  /** The application permissions in the token, unverified; undefined when the token does not say. */
  tokenRoles(): Promise<string[] | undefined>;
  /**
   * The token that is sent now; `fresh`: one that was just given out, as after a grant.
   * Errors: `unauthenticated`, `unavailable`.
   */
  tokenFacts(options?: { fresh?: boolean }): Promise<TokenFacts>;
  /** The same of the second identity; undefined without one. */
  writerFacts?: ((options?: { fresh?: boolean }) => Promise<TokenFacts>) | undefined;
  /** One small request, tried once. @throws MailkeepError what is unwell */
  ping(): Promise<{ ms: number }>;
}

/** The tenants that mailkeep may reach; opening one costs nothing until it is asked. */
export interface Tenants {
  /**
   * The same edge for every asker, so that tokens and sockets are shared.
   * @throws MailkeepError `not-found` (CONNECTION_NOT_FOUND), `conflict` (CONNECTION_NOT_BOUND: its test is still to pass)
   */
  of(connection: ConnectionId): Promise<TenantEdge>;
  /** Those that exist now, bound or not, `default` first. */
  connections(): Promise<ConnectionId[]>;
}

/**
 * managedIdentity    of the tenant mailkeep runs in; without a client id the system-assigned one, or whoever is signed in
 * federated          an app of another tenant that trusts a managed identity of ours
 * certificate        an app that proves itself with a certificate; its private key never leaves the vault
 * secret             an app with a client secret kept in a vault: for development
 * staticToken        a fixed token from a setting: for loopback tenants
 */
export type Identity =
  | { kind: "managedIdentity"; clientId: string | null }
  | { kind: "federated"; managedIdentityClientId: string; appClientId: string }
  | { kind: "certificate"; clientId: string; keyVaultUrl: string; certificateName: string }
  | { kind: "secret"; clientId: string; keyVaultUrl: string; secretName: string }
  | { kind: "staticToken"; setting: string };

/** A way out that must be taken: Graph, Exchange and the token endpoint are asked through it; storage and Key Vault are not. */
export interface EgressProxy {
  /** An origin, http or https. */
  url: string;
  /** Where `user:password` is kept, when the proxy wants it. */
  credentials: { keyVaultUrl: string; secretName: string } | null;
}

/** All it takes to reach a tenant; nothing of it is a secret. */
export interface Reach extends Hosts {
  tenantId: string;
  cloud: CloudName;
  identity: Identity;
  /** The second identity, which may delete; null: nothing in a mailbox is ever changed. */
  writerIdentity: Identity | null;
  proxy: EgressProxy | null;
}

/** A tenant that somebody has opened and may close again. */
export interface OpenTenant extends Omit<TenantEdge, "connection"> {
  /** When the first of its credentials expires; undefined when none can. @throws MailkeepError when the vault does not say */
  credentialExpiry(): Promise<Date | undefined>;
  /** Gets a token for the second identity. @throws MailkeepError when it is refused; undefined when there is none */
  tryWriter?: (() => Promise<void>) | undefined;
  /** Opens a tunnel to Graph through the proxy. @throws MailkeepError when there is none; undefined without a proxy */
  tryProxy?: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

export type OpenTenants = (reach: Reach) => Promise<OpenTenant>;
