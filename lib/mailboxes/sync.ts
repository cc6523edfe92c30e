// Directory sync: who is there, who has a mailbox, and of what kind. Reads the directory, then asks the mailboxes that are
// new or have not been asked for a while, each under its claim like any other speaker.
import { inBatches } from "../catalog/batches.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { type Clock, day, minute } from "../core/time.js";
import type { Directory, DirectoryUser, MailboxProbe } from "../ports/directory.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import { classify } from "./classify.js";
import { inOtherConnection, listMailboxes, type MailboxEntry, notePartition, partitionOf, toRow } from "./mailbox.js";
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
}

const leftDirectory = "LEFT_DIRECTORY";
const askAgainAfterMs = 7 * day;
const askAtOnce = 8;
/** HTTP answers must be out within 230 s; what is not asked by then waits. */
const askingBudgetMs = 2 * minute;

export async function syncDirectory(deps: SyncDeps): Promise<SyncReport> {
  const before = new Map<string, MailboxEntry>();
  const { rows, connection } = deps;
  await notePartition(rows, connection);
  for await (const entry of listMailboxes(rows, connection)) before.set(entry.id, entry);
  const now = deps.clock.now().toISOString();
  const entries: MailboxEntry[] = [];
  for await (const users of deps.directory.users())
    for (const user of users) entries.push(entryOf(user, before.get(user.id), { connection, now }));
  await leaveToOthers(entries, deps);
  await askKinds(entries, deps);
  const present = new Set(entries.map(({ id }) => id));
  const gone = [...before.values()].filter(({ id }) => !present.has(id));
  const leavers = gone.map((entry) => (isForeign(entry) ? entry : { ...entry, excluded: leftDirectory }));
  const writes = [...entries, ...leavers].map((entry) => ({
    kind: "upsert" as const,
    row: entry.id,
    values: toRow(entry),
  }));
  await inBatches(rows, "mailboxes", partitionOf(connection), writes);
  const excluded = entries.filter((entry) => entry.excluded !== undefined).length;
  return {
    users: entries.length,
    mailboxes: entries.length - excluded,
    excluded,
    joined: entries.filter(({ id }) => !before.has(id)).length,
    left: gone.filter((entry) => entry.excluded !== leftDirectory && !isForeign(entry)).length,
    unasked: entries.filter((entry) => entry.excluded === undefined && entry.probedAt === undefined).length,
  };
}

/** Pure: what the directory says now, with what the mailbox itself said before. */
function entryOf(
  user: DirectoryUser,
  before: MailboxEntry | undefined,
  { connection, now }: { connection: ConnectionId; now: string },
): MailboxEntry {
  const candidacy = classify(user);
  const stayed = before?.excluded !== leftDirectory;
  const asked = before?.probedAt !== undefined && stayed && candidacy.kind === "candidate";
  const excluded =
    candidacy.kind === "excluded" ? candidacy.reason : asked && before.kind === "none" ? before.excluded : undefined;
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
    ...(excluded !== undefined && { excluded }),
    ...(asked && { probedAt: before.probedAt as string }),
  };
}

const isForeign = ({ excluded }: MailboxEntry) => excluded === inOtherConnection;

/** A mailbox that another connection to the same tenant has is named, and never archived twice. */
async function leaveToOthers(entries: MailboxEntry[], { rows, connection, connections }: SyncDeps): Promise<void> {
  const ids = entries.filter(({ excluded }) => excluded !== "GUEST").map(({ id }) => id);
  const foreign = await takeOwnership(ids, connection, { rows, exist: await connections() });
  for (const entry of entries) if (foreign.has(entry.id)) entry.excluded = inOtherConnection;
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
