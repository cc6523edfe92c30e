// The catalog of one archive: look a message up by id or key, list by time. Its rows are derived from the ledger.
import type { Sha256 } from "../core/digest.js";
import { type ImmutableId, type MailboxId, type MessageKey, newestFirst, shortHash } from "../core/ids.js";
import type { LedgerHead } from "../ledger/journal.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import { type Known, knownFromRow } from "./known.js";
import { headRow, idHashOf, knownRow, listRow } from "./rows.js";

/** How much of the ledger the tables hold, and what that adds up to. */
export interface Applied {
  head: LedgerHead;
  /** Messages stored, every version counted. */
  messages: number;
  /** Their size as Graph sent them. */
  bytes: number;
}

export const nothingApplied: Applied = { head: { seq: 0, sha256: null }, messages: 0, bytes: 0 };

export async function loadApplied(rows: RowStore, mailbox: MailboxId): Promise<Applied> {
  const row = await rows.get("messages", { partition: mailbox, row: headRow });
  if (row === undefined) return nothingApplied;
  const { seq, sha256, messages, bytes } = row.values;
  return {
    head: { seq: Number(seq), sha256: (sha256 || null) as Sha256 | null },
    messages: Number(messages),
    bytes: Number(bytes),
  };
}

export async function saveApplied(rows: RowStore, mailbox: MailboxId, applied: Applied): Promise<void> {
  const { head, messages, bytes } = applied;
  const values = { seq: head.seq, sha256: head.sha256 ?? "", messages, bytes };
  await rows.upsert("messages", { partition: mailbox, row: headRow }, values);
}

export async function lookUp(rows: RowStore, mailbox: MailboxId, id: ImmutableId): Promise<Known | undefined> {
  const row = await rows.get("messages", { partition: mailbox, row: knownRow(shortHash(id)) });
  return row && knownFromRow(row.values);
}

/** Everything the catalog believes to be in a folder of the mailbox now, with its Graph id. */
export async function* messagesInFolder(
  rows: RowStore,
  mailbox: MailboxId,
  folderId: string,
): AsyncIterable<{ id: ImmutableId; key: MessageKey; receivedAt: string }> {
  const range = { from: "t_", to: "t`", select: ["id", "key", "receivedAt", "folderId", "removedAt"] };
  for await (const { values } of rows.scan("messages", mailbox, range))
    if (values.folderId === folderId && !values.removedAt)
      yield {
        id: values.id as ImmutableId,
        key: values.key as MessageKey,
        receivedAt: String(values.receivedAt),
      };
}

/** The full row of one message version; undefined when the archive has no such key. */
export async function findByKey(rows: RowStore, mailbox: MailboxId, key: MessageKey): Promise<StoredRow | undefined> {
  const newest = await rows.get("messages", { partition: mailbox, row: knownRow(idHashOf(key)) });
  if (newest === undefined) return undefined;
  const known = knownFromRow(newest.values);
  const row = await rows.get("messages", { partition: mailbox, row: listRow(known.receivedAt, key) });
  if (row !== undefined || known.key === key) return row;
  // An earlier version whose received time differs from the newest one's.
  for await (const candidate of rows.scan("messages", mailbox, { from: "t_", to: "t`" }))
    if (candidate.values.key === key) return candidate;
  return undefined;
}

export interface ListRange {
  /** ISO times: from inclusive, to exclusive. */
  from?: string;
  to?: string;
  /** The row key of the last row already given. */
  after?: string;
}

/** List rows, newest first. */
export function listMessages(rows: RowStore, mailbox: MailboxId, range: ListRange): AsyncIterable<StoredRow> {
  // Newest first: the later bound of the caller's range is where the scan begins.
  const begin = range.to === undefined ? "t_" : `t_${newestFirst(new Date(Date.parse(range.to) - 1))}`;
  const end = range.from === undefined ? "t`" : `t_${newestFirst(new Date(Date.parse(range.from) - 1))}`;
  const from = range.after !== undefined && `${range.after}!` > begin ? `${range.after}!` : begin;
  return rows.scan("messages", mailbox, { from, to: end });
}

export interface KnownFolder {
  folderId: string;
  path: string;
  hidden: boolean;
  gone: boolean;
}

/** The folders the archive has met, by Graph id. */
export async function knownFolders(rows: RowStore, mailbox: MailboxId): Promise<Map<string, KnownFolder>> {
  const folders = new Map<string, KnownFolder>();
  for await (const { values } of rows.scan("messages", mailbox, { from: "f_", to: "f`" }))
    folders.set(String(values.folderId), {
      folderId: String(values.folderId),
      path: String(values.path),
      hidden: values.hidden === true,
      gone: values.gone === true,
    });
  return folders;
}
