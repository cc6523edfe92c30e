// Connections as rows: what an administrator wrote in one row, what came of it in another, so that a test does not make
// the version outdated that somebody is editing. The row key is the name in lower case: names differ in more than case.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ConnectionId } from "../core/ids.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import type { Connection } from "./connection.js";
import type { CredentialState } from "./expiry.js";
import type { Failing } from "./state.js";
import type { TestResult } from "./test-result.js";

const definitions = "connections";
const states = "states";
const keyOf = (partition: string, id: ConnectionId) => ({ partition, row: id.toLowerCase() });

export interface StoredConnection {
  connection: Connection;
  etag: string;
  /** Somebody is removing it, since then (ISO 8601): no profile may name it any more. */
  leavingSince?: string;
}

/** What is known of a connection besides its definition. */
export interface ConnectionState {
  /** Of the definition whose test passed last; bound as long as it is still the same. */
  passed?: { fingerprint: string; at: string /** The one that was named for the test. */; mailbox?: string };
  /** What the last test that said anything met. */
  failing?: Failing;
  lastTest?: TestResult;
  credential?: CredentialState & { fingerprint: string };
  /** Tokens and sockets from before are not used any more, on any instance. */
  refreshedAt?: string;
}

function toConnection({ values, etag }: StoredRow): StoredConnection {
  // Rows from before there were proxies name none.
  const { proxy = null, ...stored } = JSON.parse(String(values.json)) as Omit<Connection, "proxy"> &
    Partial<Connection>;
  const { leavingSince } = values;
  return {
    connection: { ...stored, proxy },
    etag,
    ...(leavingSince !== undefined && { leavingSince: String(leavingSince) }),
  };
}
const toValues = (connection: Connection) => ({ id: connection.id, json: JSON.stringify(connection) });

export async function findConnection(rows: RowStore, id: ConnectionId): Promise<StoredConnection | undefined> {
  const row = await rows.get("connections", keyOf(definitions, id));
  return row && toConnection(row);
}

/** @throws not-found with reason CONNECTION_NOT_FOUND */
export async function getConnection(rows: RowStore, id: ConnectionId): Promise<StoredConnection> {
  const found = await findConnection(rows, id);
  if (found !== undefined) return found;
  throw new MailkeepError("not-found", `no connection ${id}; GET /connections lists them`, {
    reason: "CONNECTION_NOT_FOUND",
  });
}

/** In the order of their names in lower case. */
export async function* listConnections(rows: RowStore): AsyncIterable<StoredConnection> {
  for await (const row of rows.scan("connections", definitions)) yield toConnection(row);
}

/** @throws conflict when there is one of this name, in whatever case */
export async function insertConnection(rows: RowStore, connection: Connection): Promise<StoredConnection> {
  const etag = await rows.insert("connections", keyOf(definitions, connection.id), toValues(connection));
  return { connection, etag };
}

/** @throws precondition-failed when somebody changed it since `etag` */
export async function replaceConnection(
  rows: RowStore,
  connection: Connection,
  etag: string,
): Promise<StoredConnection> {
  const key = keyOf(definitions, connection.id);
  return { connection, etag: await rows.replace("connections", key, toValues(connection), etag) };
}

/** Says that it is being removed, to whoever is about to name it. @throws precondition-failed */
export async function markLeaving(rows: RowStore, connection: Connection, mark: { etag: string; since: string }) {
  const values = { ...toValues(connection), leavingSince: mark.since };
  return rows.replace("connections", keyOf(definitions, connection.id), values, mark.etag);
}

/** Its state goes first: a connection made anew under the name begins unbound. */
export async function deleteConnection(rows: RowStore, id: ConnectionId, etag: string): Promise<void> {
  await rows.delete("connections", keyOf(states, id));
  await rows.delete("connections", keyOf(definitions, id), etag);
}

const toState = (row: StoredRow | undefined): ConnectionState =>
  row === undefined ? {} : (JSON.parse(String(row.values.json)) as ConnectionState);

export async function findState(rows: RowStore, id: ConnectionId): Promise<ConnectionState> {
  return toState(await rows.get("connections", keyOf(states, id)));
}

const tries = 8;

/** Changes the state under optimistic concurrency; `change` may be called again with what somebody else wrote. */
export async function changeState(
  rows: RowStore,
  id: ConnectionId,
  change: (state: ConnectionState) => ConnectionState,
): Promise<ConnectionState> {
  const key = keyOf(states, id);
  for (let left = tries; ; left--) {
    const row = await rows.get("connections", key);
    const next = change(toState(row));
    const values = { json: JSON.stringify(next) };
    try {
      if (row === undefined) await rows.insert("connections", key, values);
      else await rows.replace("connections", key, values, row.etag);
      return next;
    } catch (error) {
      if (left === 0 || !isMailkeepError(error, "conflict", "precondition-failed", "not-found")) throw error;
    }
  }
}
