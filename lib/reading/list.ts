// Lists what the archive holds of a mailbox, newest first, in pages that end even when little is found.
import { knownFolders, listMessages } from "../catalog/messages.js";
import type { MailboxId } from "../core/ids.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import { inFolder } from "./folder-choice.js";
import { cursorOf, type ListQuery, parseListQuery } from "./input.js";
import { ledgerEntries } from "./ledger-entry.js";
import { type MessageSummary, summaryOf } from "./summary.js";
import { wordSearch } from "./words.js";

/** Rows looked at for one page: five requests to the table (1,000 rows each), so that no HTTP call goes on without end. */
export const scannedRowLimit = 5_000;
/** Ledger records (about 3 MiB of JSON each) read for one page, for texts too long for a row. */
export const readRecordLimit = 10;

export interface MessagePage {
  value: MessageSummary[];
  /** The cursor of the next page; absent at the end of the list. */
  next?: string;
}

/**
 * One page of the messages of a mailbox that fit the query, every version of an edited message included. A page may hold
 * fewer messages than `limit`, even none, and still have a `next`: only a page without `next` is the last one.
 * @throws MailkeepError `invalid` with the field that is wrong
 */
export async function listArchive(
  { rows, blobs }: { rows: RowStore; blobs: BlobStore },
  mailbox: MailboxId,
  query: ListQuery,
): Promise<MessagePage> {
  const { folder, from, to, q, limit, cursor } = parseListQuery(query);
  const folders = await knownFolders(rows, mailbox);
  const fitsFolder = inFolder(folder, folders);
  const search = wordSearch(q, ledgerEntries(blobs, mailbox), readRecordLimit);
  const range = { ...(from && { from }), ...(to && { to }), ...(cursor && { after: cursor }) };
  const value: MessageSummary[] = [];
  let last: StoredRow | undefined;
  let left = scannedRowLimit;
  for await (const row of listMessages(rows, mailbox, range)) {
    const pageEnds = value.length === limit || left-- === 0;
    const fits = !pageEnds && fitsFolder(row.values) && (await search(row.values));
    if (last !== undefined && (pageEnds || fits === "not now")) return { value, next: cursorOf(last.row) };
    if (fits === true) value.push(summaryOf(row.values, folders));
    last = row;
  }
  return { value };
}
