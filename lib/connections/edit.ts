// Create, replace and remove connections.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import { listProfiles } from "../profiles/repo.js";
import type { ConnectionInput } from "./connection.js";
import {
  deleteConnection,
  getConnection,
  insertConnection,
  listConnections,
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

/** The mail that was archived through it stays. @throws conflict (CONNECTION_IN_USE) while profiles name it */
export async function removeConnection(
  id: ConnectionId,
  etag: string,
  { rows }: Pick<EditDeps, "rows">,
): Promise<void> {
  assertNotDefault(id);
  const { connection } = await getConnection(rows, id);
  const users: string[] = [];
  for await (const { profile } of listProfiles(rows)) if (profile.connection === connection.id) users.push(profile.id);
  if (users.length > 0) {
    const named = users.slice(0, 5).join(", ") + (users.length > 5 ? ", …" : "");
    const count = users.length === 1 ? "1 profile uses" : `${users.length} profiles use`;
    const message = `${count} the connection ${connection.id} (${named}): change or delete what uses it first`;
    throw new MailkeepError("conflict", message, { reason: "CONNECTION_IN_USE" });
  }
  await deleteConnection(rows, id, etag);
}

function assertNotDefault(id: ConnectionId): void {
  if (id.toLowerCase() !== defaultConnection) return;
  const message =
    "default is the connection of the settings; change GRAPH_BASE_URL, TENANT_ID and AZURE_CLIENT_ID instead";
  throw new MailkeepError("conflict", message, { reason: "CONNECTION_OF_SETTINGS" });
}
