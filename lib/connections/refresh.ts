// After rights were changed: tokens are forgotten, and a new one tells what it may.
import { MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import type { ConnectionDeps } from "./deps.js";
import { changeState, getConnection } from "./repo.js";

const isDefault = (id: ConnectionId): boolean => id.toLowerCase() === defaultConnection;

export interface RefreshView {
  connection: string;
  refreshedAt: string;
  /** The permissions in a new token; null when it does not say, or could not be had. */
  roles: string[] | null;
  /** Why there is no new token. */
  problem: { code: string; message: string } | null;
  /** How long a change of rights may still take. */
  propagation: string;
}

/** https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations, application-rbac */
const managedDelay =
  "The platform keeps a managed identity's token for up to 24 hours: a new permission may take as long, and restarting does not help.";
const appDelay =
  "A new token has a new permission within minutes; a scope in Exchange (RBAC for Applications) takes 30 minutes to 2 hours.";

/** Tokens and sockets are made anew, on every instance; a new token tells what it now may. */
export async function refreshConnection(id: ConnectionId, deps: ConnectionDeps): Promise<RefreshView> {
  const connection = isDefault(id) ? undefined : (await getConnection(deps.rows, id)).connection;
  const name = connection?.id ?? defaultConnection;
  const refreshedAt = deps.clock.now().toISOString();
  await changeState(deps.rows, name, (state) => ({ ...state, refreshedAt }));
  const { kind } = connection?.identity ?? deps.settings.identity;
  const managed = kind === "managedIdentity" || kind === "federated" || kind === "defaultCredential";
  const said = { connection: name, refreshedAt, propagation: managed ? managedDelay : appDelay };
  try {
    const tenant = await (connection === undefined ? deps.openDefault() : deps.openTenant(connection));
    try {
      return { ...said, roles: (await tenant.tokenRoles()) ?? null, problem: null };
    } finally {
      await tenant.close();
    }
  } catch (error) {
    if (!(error instanceof MailkeepError)) throw error;
    return { ...said, roles: null, problem: { code: error.reason ?? error.code, message: error.message } };
  }
}
