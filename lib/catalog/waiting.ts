// Messages that a profile wants, but not yet: remembered until they are due. Rows derived from the ledger, in a partition
// of their own, in the order in which they fall due, so that a run reads only what is due.
import { type FolderId, type ImmutableId, type MailboxId, shortHash } from "../core/ids.js";
import type { LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { RowStore, RowWrite, StoredRow } from "../ports/row-store.js";
import { inBatches } from "./batches.js";

/** Who waits: a profile with the filter of this scope. Another filter reads its folders anew and waits for its own. */
export interface Waiter {
  profile: string;
  scope: string;
}

export interface Waiting extends Waiter {
  id: ImmutableId;
  /** Where it was when it was told of. */
  folderId: FolderId;
  /** ISO 8601. */
  dueAt: string;
  /** Which version of its content is waited for. */
  version: number;
}

const partitionOf = (mailbox: MailboxId) => `${mailbox}_waiting`;
const prefixOf = ({ profile, scope }: Waiter) => `${profile}-${scope}_`;

const lastMillisecond = 9_999_999_999_999;
/** 13 digits; times outside 1970 to 2286 are pressed to the ends. */
const sortable = (ms: number) => String(Math.min(Math.max(ms, 0), lastMillisecond)).padStart(13, "0");

const rowOf = (waiting: Waiter & { id: string; dueAt: string }) =>
  `${prefixOf(waiting)}${sortable(Date.parse(waiting.dueAt))}_${shortHash(waiting.id)}`;

/** Applies what a record says of waiting messages. */
export async function applyWaiting(rows: RowStore, { mailbox, events }: LedgerRecord): Promise<void> {
  const writes = events.flatMap(writeOf);
  if (writes.length > 0) await inBatches(rows, "quarantine", partitionOf(mailbox), writes);
}

function writeOf(event: LedgerEvent): RowWrite[] {
  if (event.kind === "waiting") {
    const { id, folderId, dueAt, version } = event;
    return [{ kind: "upsert", row: rowOf(event), values: { id, folderId, dueAt, version } }];
  }
  if (event.kind !== "released" || event.scope === undefined || event.dueAt === undefined) return [];
  return [{ kind: "delete", row: rowOf({ ...event, scope: event.scope, dueAt: event.dueAt }) }];
}

/** What is due at `now`, the longest due first; nothing else is read. */
export async function* dueMessages(
  rows: RowStore,
  mailbox: MailboxId,
  { waiter, now }: { waiter: Waiter; now: Date },
): AsyncIterable<Waiting> {
  const prefix = prefixOf(waiter);
  const range = { from: prefix, to: `${prefix}${sortable(now.getTime() + 1)}` };
  for await (const row of rows.scan("quarantine", partitionOf(mailbox), range)) yield waitingOf(row, waiter);
}

/** The short hashes of all messages that wait. */
export async function waitingHashes(rows: RowStore, mailbox: MailboxId, waiter: Waiter): Promise<Set<string>> {
  const prefix = prefixOf(waiter);
  const hashes = new Set<string>();
  const range = { from: prefix, to: `${prefix}:`, select: ["version"] };
  for await (const { row } of rows.scan("quarantine", partitionOf(mailbox), range)) hashes.add(row.slice(-32));
  return hashes;
}

function waitingOf({ values }: StoredRow, { profile, scope }: Waiter): Waiting {
  return {
    id: values.id as ImmutableId,
    folderId: values.folderId as FolderId,
    profile,
    scope,
    dueAt: String(values.dueAt),
    version: Number(values.version),
  };
}
