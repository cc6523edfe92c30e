// How far a connection's directory has been read: a row beside the snapshot. A lost row costs one full read.
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import { partitionOf } from "./mailbox.js";

export interface SyncState {
  /** Absent when the directory gave none, or somebody else synced at the same time: the next sync reads everything. */
  bookmark?: string;
  /** When all users were last read, ISO 8601. */
  fullAt: string;
  /** When the directory was last asked, ISO 8601. */
  syncedAt: string;
}

/** No connection has `_` in its name. */
const partition = "_syncs";
/** A bookmark remembers which properties were asked for; this number changes with them. */
const shape = 1;
/** A property holds 32,768 characters; links of the directory have some hundred. */
const longestBookmark = 30_000;

export async function findSync(
  rows: RowStore,
  connection: ConnectionId,
): Promise<{ state: SyncState; etag: string } | undefined> {
  const row = await rows.get("mailboxes", { partition, row: partitionOf(connection) });
  if (row === undefined) return undefined;
  const { bookmark, fullAt, syncedAt } = row.values;
  const isOurs = bookmark !== undefined && row.values.shape === shape;
  const state = { fullAt: String(fullAt), syncedAt: String(syncedAt), ...(isOurs && { bookmark: String(bookmark) }) };
  return { state, etag: row.etag };
}

/** To be called when everything up to the bookmark is in the snapshot. */
export async function saveSync(
  rows: RowStore,
  connection: ConnectionId,
  { state, etag }: { state: SyncState; etag: string | undefined },
): Promise<void> {
  const key = { partition, row: partitionOf(connection) };
  const { bookmark, ...times } = state;
  const kept = bookmark !== undefined && bookmark.length <= longestBookmark ? { bookmark } : {};
  try {
    if (etag === undefined) await rows.insert("mailboxes", key, { ...times, ...kept, shape });
    else await rows.replace("mailboxes", key, { ...times, ...kept, shape }, etag);
  } catch (error) {
    // Two syncs at once: whose rows came last is not known, so neither bookmark is good.
    if (!isMailkeepError(error, "conflict", "precondition-failed")) throw error;
    await rows.upsert("mailboxes", key, { ...times, shape });
  }
}
