// Directory sync: who is there, who has a mailbox, and of what kind. Reads what is new in the directory, then asks the
// mailboxes that are new or have not been asked for a while, each under its claim like any other speaker.
import { isDeepStrictEqual } from "node:util";
import { inBatches } from "../catalog/batches.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { type Clock, day, minute } from "../core/time.js";
import type { Directory, DirectoryUser, MailboxProbe } from "../ports/directory.js";
import type { Log } from "../ports/log.js";
import type { RowStore, RowWrite } from "../ports/row-store.js";
import { findSync, saveSync } from "./bookmark.js";
import { classify, leftDirectory } from "./classify.js";
import { inOtherConnection, listMailboxes, type MailboxEntry, notePartition, partitionOf, toRow } from "./mailbox.js";
import { assertSomebody, type News, readNews } from "./news.js";
import { takeOwnership } from "./ownership.js";

export interface SyncDeps {
  rows: RowStore;
  connection: ConnectionId;
  directory: Directory;
  /** The connections that exist now. */
  connections(): Promise<ConnectionId[]>;
  /** Asks a mailbox for its kind under its claim; undefined when another worker holds it just now. */
  probe(mailbox: MailboxId): Promise<MailboxProbe | undefined>;
  clock: Clock;
  log: Log;
}

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

const askAgainAfterMs = 7 * day;
const askAtOnce = 8;
/** HTTP answers must be out within 230 s; what is not asked by then waits. */
const askingBudgetMs = 2 * minute;

export async function syncDirectory(deps: SyncDeps): Promise<SyncReport> {
  const { rows, connection, clock } = deps;
  await notePartition(rows, connection);
  const known = await findSync(rows, connection);
  const before = new Map<MailboxId, MailboxEntry>();
  for await (const entry of listMailboxes(rows, connection)) before.set(entry.id, entry);
  const began = clock.now();
  const now = began.toISOString();
  const news = await readNews(known?.state, began, deps);
  assertSomebody(news, [...before.values()].filter((entry) => !isGone(entry)).length);
  const { current, joined, leavers } = merge(before, news, { connection, now });
  await leaveToOthers(current, deps);
  await askKinds(current, deps);
  const writes = [...current, ...leavers].flatMap((entry) => changed(entry, before.get(entry.id)));
  await inBatches(rows, "mailboxes", partitionOf(connection), writes);
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

const isGone = ({ excluded }: MailboxEntry) => excluded === leftDirectory;

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

const stayed = (before: MailboxEntry | undefined): before is MailboxEntry => before !== undefined && !isGone(before);

function changed(entry: MailboxEntry, before: MailboxEntry | undefined): RowWrite[] {
  const values = toRow(entry);
  if (before !== undefined && isDeepStrictEqual(values, toRow(before))) return [];
  return [{ kind: "upsert", row: entry.id, values }];
}

/** Pure: what the directory says now, with what the mailbox itself said before. */
function entryOf(
  user: DirectoryUser,
  before: MailboxEntry | undefined,
  { connection, now }: { connection: ConnectionId; now: string },
): MailboxEntry {
  const candidacy = classify(user);
  const asked = stayed(before) && before.probedAt !== undefined && candidacy.kind === "candidate";
  const excluded =
    candidacy.kind === "excluded" ? candidacy.reason : asked && before.kind === "none" ? before.excluded : undefined;
  const joinedAt = stayed(before) ? before.joinedAt : now;
  const { onPremisesDistinguishedName } = user;
  return {
    id: user.id,
    connection,
    displayName: user.displayName,
    userPrincipalName: user.userPrincipalName,
    address: user.mail ?? user.addresses[0] ?? user.userPrincipalName,
    addresses: user.addresses,
    accountEnabled: user.accountEnabled,
    kind: candidacy.kind === "excluded" ? "none" : asked ? before.kind : "unknown",
    seenAt: now,
    ...(onPremisesDistinguishedName !== undefined && { onPremisesDistinguishedName }),
    ...(joinedAt !== undefined && { joinedAt }),
    ...(excluded !== undefined && { excluded }),
    ...(asked && { probedAt: before.probedAt as string }),
  };
}

const isForeign = ({ excluded }: MailboxEntry) => excluded === inOtherConnection;

/** A mailbox that another connection to the same tenant has is named, and never archived twice. */
async function leaveToOthers(entries: MailboxEntry[], { rows, connection, connections }: SyncDeps): Promise<void> {
  const ids = entries.filter(({ excluded }) => excluded !== "GUEST").map(({ id }) => id);
  const foreign = await takeOwnership(ids, connection, { rows, exist: await connections() });
  for (const entry of entries) {
    if (foreign.has(entry.id)) entry.excluded = inOtherConnection;
    else if (isForeign(entry)) {
      // The connection that had it is gone; whatever was known of the mailbox was never asked through this one.
      delete entry.excluded;
      delete entry.probedAt;
      entry.kind = "unknown";
    }
  }
}

async function askKinds(entries: MailboxEntry[], deps: SyncDeps): Promise<void> {
  const { clock } = deps;
  const began = clock.monotonicMs();
  const dueBefore = clock.now().getTime() - askAgainAfterMs;
  const isDue = ({ kind, excluded, probedAt }: MailboxEntry) =>
    excluded !== inOtherConnection &&
    (kind !== "none" || (excluded !== "GUEST" && excluded !== "NO_MAIL_ADDRESS")) &&
    (probedAt === undefined || Date.parse(probedAt) < dueBefore);
  await inParallel(entries.filter(isDue), askAtOnce, async (entry) => {
    if (clock.monotonicMs() - began > askingBudgetMs) return;
    await askKind(entry, deps);
  });
}

async function askKind(entry: MailboxEntry, { probe, clock, log }: SyncDeps): Promise<void> {
  try {
    const answer = await probe(entry.id);
    if (answer === undefined) return;
    entry.kind = answer.kind;
    entry.probedAt = clock.now().toISOString();
    if (answer.kind === "none") entry.excluded = answer.reason;
    else delete entry.excluded;
  } catch (error) {
    // One mailbox that cannot be asked now is asked again later; its kind stays unknown and it stays a candidate.
    if (!isMailkeepError(error, "throttled", "unavailable", "forbidden", "cancelled", "no-mailbox")) throw error;
    log.warn("mailbox kind not known", { mailbox: entry.id, code: error.code, reason: error.reason });
  }
}
