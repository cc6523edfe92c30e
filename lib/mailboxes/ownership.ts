// Which connection a mailbox belongs to. Two connections may lead to one tenant; a mailbox is archived through one of
// them only, the first that named it, until that connection is removed.
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import { owners } from "./mailbox.js";

const atOnce = 100;

/** Takes what is free, and answers what belongs to other connections that `exist`. */
export async function takeOwnership(
  ids: MailboxId[],
  connection: ConnectionId,
  { rows, exist }: { rows: RowStore; exist: ConnectionId[] },
): Promise<Map<MailboxId, ConnectionId>> {
  const living = new Set(exist.map(same));
  const owned = new Map<string, { by: ConnectionId; etag: string }>();
  for await (const { row, values, etag } of rows.scan("mailboxes", owners))
    owned.set(row, { by: String(values.connection) as ConnectionId, etag });
  const foreign = new Map<MailboxId, ConnectionId>();
  const free: MailboxId[] = [];
  for (const id of ids) {
    const owner = owned.get(id);
    if (owner === undefined) free.push(id);
    else if (same(owner.by) === same(connection)) continue;
    else if (living.has(same(owner.by))) foreign.set(id, owner.by);
    else await rows.replace("mailboxes", { partition: owners, row: id }, { connection }, owner.etag);
  }
  for (let at = 0; at < free.length; at += atOnce) await take(free.slice(at, at + atOnce), connection, rows, foreign);
  return foreign;
}

const same = (connection: ConnectionId): string => connection.toLowerCase();

async function take(
  ids: MailboxId[],
  connection: ConnectionId,
  rows: RowStore,
  foreign: Map<MailboxId, ConnectionId>,
): Promise<void> {
  try {
    const inserts = ids.map((row) => ({ kind: "insert" as const, row, values: { connection } }));
    await rows.batch("mailboxes", owners, inserts);
  } catch (error) {
    // Somebody took one of them just now, or a lost answer was ours: each by itself, then.
    if (!isMailkeepError(error, "conflict")) throw error;
    for (const id of ids) {
      const by = await takeOne(id, connection, rows);
      if (same(by) !== same(connection)) foreign.set(id, by);
    }
  }
}

async function takeOne(id: MailboxId, connection: ConnectionId, rows: RowStore): Promise<ConnectionId> {
  const key = { partition: owners, row: id };
  try {
    await rows.insert("mailboxes", key, { connection });
    return connection;
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
    return String((await rows.get("mailboxes", key))?.values.connection ?? connection) as ConnectionId;
  }
}
