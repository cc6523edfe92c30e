// The directory snapshot of one connection as a whole.
import { MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { ProfileInput } from "../profiles/profile.js";
import { findSync } from "./bookmark.js";
import { listMailboxes, type MailboxEntry } from "./mailbox.js";

export interface Snapshot {
  entries: MailboxEntry[];
  /** When the directory was last asked, ISO 8601. */
  syncedAt: string;
}

/** @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED) when the directory was never read */
export async function loadSnapshot(rows: RowStore, connection: ConnectionId): Promise<Snapshot> {
  const sync = await findSync(rows, connection);
  const entries: MailboxEntry[] = [];
  for await (const entry of listMailboxes(rows, connection)) entries.push(entry);
  const seen = entries.map(({ seenAt }) => seenAt).sort();
  const syncedAt = sync?.state.syncedAt ?? seen.at(-1);
  if (syncedAt === undefined) throw syncRequired(connection);
  return { entries, syncedAt };
}

/**
 * A profile that does not sync by itself needs a snapshot.
 * @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED)
 */
export async function assertSnapshot(
  { syncDirectoryFirst, connection }: Pick<ProfileInput, "syncDirectoryFirst" | "connection">,
  rows: RowStore,
): Promise<void> {
  if (syncDirectoryFirst || (await findSync(rows, connection)) !== undefined) return;
  for await (const _ of listMailboxes(rows, connection)) return;
  throw syncRequired(connection);
}

function syncRequired(connection: ConnectionId): MailkeepError {
  const query = connection === defaultConnection ? "" : `?connection=${connection}`;
  const message = `the directory of the connection ${connection} was never read; call POST /api/v1/directory/sync${query}, then repeat this, or set syncDirectoryFirst`;
  return new MailkeepError("conflict", message, { reason: "DIRECTORY_SYNC_REQUIRED" });
}
