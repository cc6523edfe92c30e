// Create, replace and remove connections; and what a profile that names one must find.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import { isLeaving } from "../core/leaving.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import { listProfiles } from "../profiles/repo.js";
import type { ConnectionInput } from "./connection.js";
import {
  deleteConnection,
  findConnection,
  getConnection,
  insertConnection,
  listConnections,
  markLeaving,
  replaceConnection,
  type StoredConnection,
} from "./repo.js";
import { type ConnectionRules, settle } from "./settle.js";

export interface EditDeps {
  rows: RowStore;
  clock: Clock;
  rules: ConnectionRules;
}

/** More tenants than one archive is made for; the list is read as a whole. */
export const connectionLimit = 200;

/** @throws precondition-failed when there is one of this name */
export async function createConnection(
  id: ConnectionId,
  input: ConnectionInput,
  deps: EditDeps,
): Promise<StoredConnection> {
  assertNotDefault(id);
  const reach = settle(input, deps.rules);
  let count = 0;
  for await (const _ of listConnections(deps.rows)) count++;
  if (count >= connectionLimit)
    throw new MailkeepError("conflict", `there are ${connectionLimit} connections; remove one first`, {
      reason: "CONNECTION_LIMIT",
    });
  const now = deps.clock.now().toISOString();
  const connection = { id, description: input.description, ...reach, createdAt: now, updatedAt: now };
  try {
    return await insertConnection(deps.rows, connection);
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
    throw new MailkeepError("precondition-failed", `there is a connection ${id} already`, { cause: error });
  }
}

/** @throws not-found, precondition-failed when the etag is not the current one */
export async function changeConnection(
  id: ConnectionId,
  input: ConnectionInput,
  { etag, ...deps }: EditDeps & { etag: string },
): Promise<StoredConnection> {
  assertNotDefault(id);
  const { connection } = await getConnection(deps.rows, id);
  const reach = settle(input, deps.rules);
  const updatedAt = deps.clock.now().toISOString();
  const { createdAt } = connection;
  const next = { id: connection.id, description: input.description, ...reach, createdAt, updatedAt };
  return replaceConnection(deps.rows, next, etag);
}

/**
 * The mail that was archived through it stays.
 * @throws conflict (CONNECTION_IN_USE) while profiles name it, not-found, precondition-failed
 */
export async function removeConnection(
  id: ConnectionId,
  etag: string,
  { rows, clock }: Pick<EditDeps, "rows" | "clock">,
): Promise<void> {
  assertNotDefault(id);
  const { connection } = await getConnection(rows, id);
  await assertUnused(connection.id, rows);
  // From here on nobody can come to name it unseen: who wrote before the mark is found now, who writes after it sees it.
  const mark = await markLeaving(rows, connection, { etag, since: clock.now().toISOString() });
  try {
    await assertUnused(connection.id, rows);
  } catch (error) {
    await replaceConnection(rows, connection, mark);
    throw error;
  }
  await deleteConnection(rows, id, mark);
}

/** @throws conflict (CONNECTION_IN_USE) */
async function assertUnused(id: ConnectionId, rows: RowStore): Promise<void> {
  const users: string[] = [];
  const name = id.toLowerCase();
  for await (const { profile } of listProfiles(rows))
    if (profile.connection.toLowerCase() === name) users.push(profile.id);
  if (users.length === 0) return;
  const named = users.slice(0, 5).join(", ") + (users.length > 5 ? ", …" : "");
  const count = users.length === 1 ? "1 profile uses" : `${users.length} profiles use`;
  const message = `${count} the connection ${id} (${named}): change or delete what uses it first`;
  throw new MailkeepError("conflict", message, { reason: "CONNECTION_IN_USE" });
}

/**
 * A connection as it is spelled, for a profile that names it.
 * @throws invalid (CONNECTION_NOT_FOUND) when there is none, conflict (CONNECTION_LEAVING) while it is being removed
 */
export async function connectionNamed(
  id: ConnectionId,
  { rows, clock }: Pick<EditDeps, "rows" | "clock">,
): Promise<ConnectionId> {
  if (id.toLowerCase() === defaultConnection) return defaultConnection;
  const found = await findConnection(rows, id);
  if (found === undefined) {
    const message = `there is no connection ${id}; GET /connections lists them`;
    throw new MailkeepError("invalid", message, { reason: "CONNECTION_NOT_FOUND", field: "connection" });
  }
  const { connection, etag, leavingSince } = found;
  if (isLeaving(leavingSince, clock.now())) {
    const message = `the connection ${connection.id} is just being removed; take another, or try again`;
    throw new MailkeepError("conflict", message, { reason: "CONNECTION_LEAVING" });
  }
  // Written anew: whoever was removing it, and comes back late, finds another version and does not.
  if (leavingSince !== undefined) await replaceConnection(rows, connection, etag);
  return connection.id;
}

function assertNotDefault(id: ConnectionId): void {
  if (id.toLowerCase() !== defaultConnection) return;
  const message =
    "default is the connection of the settings; change GRAPH_BASE_URL, TENANT_ID and AZURE_CLIENT_ID instead";
  throw new MailkeepError("conflict", message, { reason: "CONNECTION_OF_SETTINGS" });
}
