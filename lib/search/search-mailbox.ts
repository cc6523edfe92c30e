// Searches one mailbox, newest first, until there are enough hits, the time is up, or the end is reached.
import { knownFolders, listMessages, loadApplied } from "../catalog/messages.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { ledgerName } from "../ledger/record.js";
import { findMailbox } from "../mailboxes/mailbox.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row, RowStore } from "../ports/row-store.js";
import { ledgerEntries } from "../reading/ledger-entry.js";
import { type MessageSummary, summaryOf } from "../reading/summary.js";
import { attachmentNames } from "./attachment-names.js";
import { matcher } from "./match.js";
import type { Query } from "./query.js";

export interface SearchDeps {
  rows: RowStore;
  blobs: BlobStore;
  clock: Clock;
}

export interface Hit extends MessageSummary {
  mailbox: MailboxId;
  /** Primary address; the id where the directory knows none any more. */
  address: string;
}

/** Something that may hold what was looked for and could not be searched. */
export interface NotSearched {
  mailbox: MailboxId;
  message?: string;
  code: string;
  reason: string;
}

export interface Searched {
  hits: Hit[];
  /** Messages looked at. */
  messages: number;
  notSearched: NotSearched[];
  /** Where to go on in this mailbox; absent when it was searched to its end. */
  after?: string;
}

export interface Stretch {
  query: Query;
  /** Go on behind this row. */
  after: string | undefined;
  limit: number;
  isOver(): boolean;
}

export async function searchMailbox(mailbox: MailboxId, stretch: Stretch, deps: SearchDeps): Promise<Searched> {
  const { rows, blobs, clock } = deps;
  const { query, after, limit } = stretch;
  const searched: Searched = { hits: [], messages: 0, notSearched: [] };
  if (after === undefined) await checkWhole(mailbox, deps, searched);
  const ledger = ledgerEntries(blobs, mailbox);
  const folders = await knownFolders(rows, mailbox);
  const names = (row: Row) => attachmentNames(row, { rows, blobs, clock, mailbox, ledger });
  const fits = matcher(query, { folders, ledger, attachmentNames: names });
  let address: string | undefined;
  for await (const { row, values } of listMessages(rows, mailbox, { ...timesOf(query), ...(after && { after }) })) {
    searched.messages++;
    if (await fitsOrTold(values, { fits, mailbox, searched })) {
      address ??= (await findMailbox(rows, mailbox))?.address ?? mailbox;
      searched.hits.push({ mailbox, address, ...summaryOf(values, folders) });
    }
    if (searched.hits.length === limit || stretch.isOver()) return { ...searched, after: row };
  }
  return searched;
}

/** Rows follow their record at once, unless a worker died or the table was lost: then not all can be found here. */
async function checkWhole(mailbox: MailboxId, { rows, blobs }: SearchDeps, searched: Searched): Promise<void> {
  const { seq } = (await loadApplied(rows, mailbox)).head;
  const next = Number.isSafeInteger(seq) && seq >= 0 ? seq + 1 : 1;
  if (!(await blobs.exists(ledgerName(mailbox, next)))) return;
  const reason = `the tables lack the messages of ledger record ${next} and later; its next run, or regrowing the catalog, adds them`;
  searched.notSearched.push({ mailbox, code: "CATALOG_BEHIND", reason });
}

async function fitsOrTold(
  values: Row,
  { fits, mailbox, searched }: { fits: (row: Row) => Promise<boolean>; mailbox: MailboxId; searched: Searched },
): Promise<boolean> {
  try {
    return await fits(values);
  } catch (error) {
    // Only the ledger or the message itself could have told.
    if (!isMailkeepError(error, "corrupt", "too-large", "conflict")) throw error;
    const code = error.reason ?? error.code.toUpperCase();
    searched.notSearched.push({ mailbox, message: String(values.key), code, reason: error.message });
    return false;
  }
}

/** The narrowest range of times that all terms leave. */
function timesOf(query: Query): { from?: string; to?: string } {
  const [from, to] = [[] as string[], [] as string[]];
  for (const { condition, negated } of query) {
    if (condition.kind === "after") (negated ? to : from).push(condition.time);
    if (condition.kind === "before") (negated ? from : to).push(condition.time);
  }
  const [first, last] = [from.sort().at(-1), to.sort()[0]];
  return { ...(first !== undefined && { from: first }), ...(last !== undefined && { to: last }) };
}
