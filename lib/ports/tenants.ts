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
  /** One small request, tried once. @throws MailkeepError what is unwell */
  ping(): Promise<{ ms: number }>;
}

/** The tenants that mailkeep may reach; opening one costs nothing until it is asked. */
export interface Tenants {
  /**
   * The same edge for every asker, so that tokens and sockets are shared.
   * @throws MailkeepError `not-found` (CONNECTION_NOT_FOUND)
   */
  of(connection: ConnectionId): Promise<TenantEdge>;
  /** Those that exist now, `default` first. */
  connections(): Promise<ConnectionId[]>;
}
