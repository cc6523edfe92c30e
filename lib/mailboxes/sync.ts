// Directory sync: who is there, who has a mailbox, and of what kind. Reads what is new in the directory, then asks the
// mailboxes that are new or have not been asked for a while.
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { findSync, saveSync } from "./bookmark.js";
import { leftDirectory } from "./classify.js";
import { askKinds, entryOf, isForeign, isGone, leaveToOthers, type SyncDeps, saveEntries, stayed } from "./enter.js";
import { listMailboxes, type MailboxEntry, notePartition } from "./mailbox.js";
import { assertSomebody, type News, readNews } from "./news.js";

export interface SyncReport {
  users: number;
  mailboxes: number;
  excluded: number;
  joined: number;
  left: number;
  /** Mailboxes whose kind is not known yet: they are asked when they are archived, or by the next sync. */
  unasked: number;
  /** Everything was read, as opposed to what has changed. */
  full: boolean;
  /** ISO 8601. */
  syncedAt: string;
}

export async function syncDirectory(deps: SyncDeps): Promise<SyncReport> {
  const { rows, connection, clock } = deps;
  await notePartition(rows, connection);
  const known = await findSync(rows, connection);
  const before = new Map<MailboxId, MailboxEntry>();
  for await (const entry of listMailboxes(rows, connection)) before.set(entry.id, entry);
  const began = clock.now();
  const now = began.toISOString();
  const there = new Set([...before.values()].filter((entry) => !isGone(entry)).map(({ id }) => id));
  const news = await readNews({ state: known?.state, there }, began, deps);
  assertSomebody(news, there.size);
  const { current, joined, leavers } = merge(before, news, { connection, now });
  await leaveToOthers(current, deps);
  await askKinds(current, deps);
  await saveEntries([...current, ...leavers], before, deps);
  const { bookmark, full } = news;
  const fullAt = full ? now : (known?.state.fullAt ?? now);
  const state = { fullAt, syncedAt: now, ...(bookmark !== undefined && { bookmark }) };
  await saveSync(rows, connection, { state, etag: known?.etag });
  const excluded = current.filter((entry) => entry.excluded !== undefined).length;
  return {
    users: current.length,
    mailboxes: current.length - excluded,
    excluded,
    joined,
    left: leavers.length,
    unasked: current.filter((entry) => entry.excluded === undefined && entry.probedAt === undefined).length,
    full,
    syncedAt: now,
  };
}

/** Pure: who is there now, and who has left since the last time; what the directory did not speak of stays as it was. */
function merge(before: Map<MailboxId, MailboxEntry>, news: News, at: { connection: ConnectionId; now: string }) {
  const told = new Map(news.present.map((user) => [user.id, user]));
  const stays = ({ id }: MailboxEntry) => !news.full && !news.removed.has(id);
  const rest = [...before.values()].filter(({ id }) => !told.has(id));
  const silent = rest.filter((entry) => stays(entry) && !isGone(entry)).map((entry) => ({ ...entry }));
  const leavers = rest
    .filter((entry) => !stays(entry) && !isGone(entry) && !isForeign(entry))
    .map((entry) => ({ ...entry, excluded: leftDirectory, leftAt: at.now }));
  const spoken = [...told.values()].map((user) => entryOf(user, before.get(user.id), at));
  const joined = spoken.filter(({ id }) => !stayed(before.get(id))).length;
  return { current: [...spoken, ...silent], joined, leavers };
}
