// How users become entries of the snapshot: what the directory says of them, who owns them, and what their mailboxes answer
// when they are asked for their kind, each under its claim like any other speaker.
import { isDeepStrictEqual } from "node:util";
import { inBatches } from "../catalog/batches.js";
import { inParallel } from "../core/channel.js";
import { MailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { type Clock, day, minute } from "../core/time.js";
import type { Directory, DirectoryUser, MailboxProbe } from "../ports/directory.js";
import type { Log } from "../ports/log.js";
import type { RowStore, RowWrite } from "../ports/row-store.js";
import { classify, leftDirectory } from "./classify.js";
import { inOtherConnection, type MailboxEntry, notePartition, partitionOf, toRow } from "./mailbox.js";
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

/** Characters, Graph's own limit: https://learn.microsoft.com/graph/api/resources/user#properties (displayName) */
const longestName = 256;
const askAgainAfterMs = 7 * day;
const askAtOnce = 8;
/** HTTP answers must be out within 230 s; what is not asked by then waits. */
const askingBudgetMs = 2 * minute;

/** Enters users whom no list has told of, as a sync would have. Returns their entries. */
export async function enterUsers(
  users: DirectoryUser[],
  before: ReadonlyMap<MailboxId, MailboxEntry>,
  deps: SyncDeps,
): Promise<MailboxEntry[]> {
  const { rows, connection, clock } = deps;
  const at = { connection, now: clock.now().toISOString() };
  const entries = users.map((user) => entryOf(user, before.get(user.id), at));
  if (entries.length === 0) return entries;
  await notePartition(rows, connection);
  await leaveToOthers(entries, deps);
  await askKinds(entries, deps);
  await saveEntries(entries, before, deps);
  return entries;
}

export async function saveEntries(
  entries: MailboxEntry[],
  before: ReadonlyMap<MailboxId, MailboxEntry>,
  { rows, connection }: Pick<SyncDeps, "rows" | "connection">,
): Promise<void> {
  const writes = entries.flatMap((entry) => changed(entry, before.get(entry.id)));
  await inBatches(rows, "mailboxes", partitionOf(connection), writes);
}

export const isGone = ({ excluded }: MailboxEntry): boolean => excluded === leftDirectory;

export const stayed = (before: MailboxEntry | undefined): before is MailboxEntry =>
  before !== undefined && !isGone(before);

function changed(entry: MailboxEntry, before: MailboxEntry | undefined): RowWrite[] {
  const values = toRow(entry);
  if (before !== undefined && isDeepStrictEqual(values, toRow(before))) return [];
  return [{ kind: "upsert", row: entry.id, values }];
}

/** Pure: what the directory says now, with what the mailbox itself said before. */
export function entryOf(
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
    displayName: user.displayName.slice(0, longestName),
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

export const isForeign = ({ excluded }: MailboxEntry) => excluded === inOtherConnection;

/** A mailbox that another connection to the same tenant has is named, and never archived twice. */
export async function leaveToOthers(
  entries: MailboxEntry[],
  { rows, connection, connections }: SyncDeps,
): Promise<void> {
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

export async function askKinds(entries: MailboxEntry[], deps: SyncDeps): Promise<void> {
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
    // Whatever one mailbox answers is no matter of the others. It is asked again later and stays a candidate; what is in its way
    // is told by the run that reads it.
    if (!(error instanceof MailkeepError)) throw error;
    log.warn("mailbox kind not known", { mailbox: entry.id, code: error.code, reason: error.reason });
  }
}
