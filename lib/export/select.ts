// Which messages of a mailbox an order means: catalog rows, and what the ledger holds beyond the catalog.
import { knownFolders, listMessages, loadApplied } from "../catalog/messages.js";
import { catalogWrites } from "../catalog/rows.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import { readRecord } from "../ledger/journal.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row, RowStore } from "../ports/row-store.js";
import { inFolder } from "../reading/folder-choice.js";
import { type LedgerEntries, ledgerEntries } from "../reading/ledger-entry.js";
import { findMessage } from "../reading/stored-message.js";
import { type Folders, isWhole } from "../reading/summary.js";
import type { Gap } from "./export.js";
import type { ExportInput } from "./selection.js";

export interface Stores {
  rows: RowStore;
  blobs: BlobStore;
}

export interface Selected {
  messages: AsyncIterable<Row>;
  folders: Folders;
  ledger: LedgerEntries;
  /** Complete when all messages have been taken. */
  gaps: Gap[];
}

/** Records of the ledger that the catalog may lack: a worker is about to apply them, or died before it did. */
const lateRecordLimit = 100;

/** Every version of every message that fits; those that left the mailbox too. */
export async function selectMessages(mailbox: MailboxId, selection: ExportInput, stores: Stores): Promise<Selected> {
  const { head, messages: applied } = await loadApplied(stores.rows, mailbox);
  const late = await lateWrites(stores.blobs, mailbox, head.seq);
  const folders = await knownFolders(stores.rows, mailbox);
  for (const { folderId, path, hidden, gone } of late.folders.values())
    folders.set(String(folderId), {
      folderId: String(folderId),
      path: String(path),
      hidden: hidden === true,
      gone: gone === true,
    });
  const ledger = ledgerEntries(stores.blobs, mailbox);
  const gaps: Gap[] = late.more ? [behind] : [];
  if (head.seq === 0 && late.records === 0) gaps.push(neverArchived);
  const fits = allOf([
    inFolder(selection.folder, folders),
    bySender(selection.sender),
    bySubject(selection.subject, ledger),
  ]);
  const chosen =
    selection.keys === undefined
      ? inTime(mailbox, selection, { ...stores, late, applied, gaps })
      : byKeys(mailbox, selection.keys, { ...stores, late, gaps });
  return { messages: fitting(chosen, fits, gaps), folders, ledger, gaps };
}

const behind: Gap = {
  code: "CATALOG_BEHIND",
  message: `the tables lack more than ${lateRecordLimit} commits of this mailbox; its next run catches up, then export again`,
};
const neverArchived: Gap = { code: "NOTHING_ARCHIVED", message: "nothing of this mailbox was ever archived" };

interface Late {
  /** By row key: whole rows of messages, and changes to rows. */
  stored: Map<string, Row>;
  changed: Map<string, Row>;
  folders: Map<string, Row>;
  records: number;
  more: boolean;
}

async function lateWrites(blobs: BlobStore, mailbox: MailboxId, head: number): Promise<Late> {
  const late: Late = { stored: new Map(), changed: new Map(), folders: new Map(), records: 0, more: false };
  for (; ; late.records++) {
    const found = await readRecord(blobs, mailbox, head + late.records + 1);
    if (found === undefined) return late;
    if (late.records === lateRecordLimit) return { ...late, more: true };
    for (const write of catalogWrites(found.record)) {
      if (write.kind === "delete") continue;
      const { row, values } = write;
      if (row.startsWith("f_")) late.folders.set(row, values);
      else if (!row.startsWith("t_")) continue;
      else if (write.kind === "merge" && !late.stored.has(row))
        late.changed.set(row, { ...late.changed.get(row), ...values });
      else late.stored.set(row, { ...(write.kind === "merge" && late.stored.get(row)), ...values });
    }
  }
}

type Source = Stores & { late: Late; gaps: Gap[] };

async function* inTime(
  mailbox: MailboxId,
  { from, to }: ExportInput,
  { rows, late, applied, gaps }: Source & { applied: number },
): AsyncIterable<Row> {
  let seen = 0;
  for await (const { row, values } of listMessages(rows, mailbox, { ...(from && { from }), ...(to && { to }) })) {
    if (late.stored.has(row)) continue;
    seen++;
    yield { ...values, ...late.changed.get(row) };
  }
  const [first, last] = [from ?? "0000", to ?? "9999"].map(Date.parse) as [number, number];
  for (const values of late.stored.values()) {
    const time = Date.parse(String(values.receivedAt));
    if (!(time < first || time >= last)) yield values;
  }
  if (from === undefined && to === undefined && seen < applied)
    gaps.push({
      code: "CATALOG_INCOMPLETE",
      message: `the tables name ${seen} of ${applied} messages of this mailbox; regrow the catalog from the ledger and export again`,
    });
}

async function* byKeys(mailbox: MailboxId, keys: MessageKey[], { rows, late, gaps }: Source): AsyncIterable<Row> {
  const lateByKey = new Map([...late.stored.values()].map((values) => [String(values.key), values]));
  for (const key of new Set(keys)) {
    const row = lateByKey.get(key) ?? (await findRow(rows, mailbox, key));
    if (row !== undefined) yield row;
    else gaps.push({ key, code: "MESSAGE_NOT_FOUND", message: "the archive of this mailbox has no such message" });
  }
}

async function findRow(rows: RowStore, mailbox: MailboxId, key: MessageKey): Promise<Row | undefined> {
  try {
    return (await findMessage(rows, mailbox, key)).row;
  } catch (error) {
    if (isMailkeepError(error, "not-found") && error.reason === "MESSAGE_NOT_FOUND") return undefined;
    throw error;
  }
}

type Fits = (row: Row) => boolean | Promise<boolean>;

const allOf =
  (conditions: Fits[]): Fits =>
  async (row) => {
    for (const fits of conditions) if (!(await fits(row))) return false;
    return true;
  };

async function* fitting(messages: AsyncIterable<Row>, fits: Fits, gaps: Gap[]): AsyncIterable<Row> {
  for await (const row of messages)
    try {
      if (await fits(row)) yield row;
    } catch (error) {
      // Only the ledger could have told whether it was meant.
      if (!isMailkeepError(error, "corrupt")) throw error;
      gaps.push({ key: String(row.key), code: "ARCHIVE_CORRUPT", message: error.message });
    }
}

/** Compatibility forms (full-width letters, ligatures) and cases count as the same. */
const folded = (text: unknown): string =>
  String(text ?? "")
    .normalize("NFKC")
    .toLowerCase();

function bySender(sender: string | undefined): Fits {
  if (sender === undefined) return () => true;
  const wanted = folded(sender);
  return ({ fromEmail, fromName }) => folded(fromEmail).includes(wanted) || folded(fromName).includes(wanted);
}

function bySubject(subject: string | undefined, ledger: LedgerEntries): Fits {
  const words = folded(subject).split(/\s+/u).filter(Boolean);
  const hasAll = (text: string) => words.every((word) => text.includes(word));
  return async (row) => {
    if (hasAll(folded(row.subject))) return true;
    // A subject too long for a row is whole in the ledger.
    return !isWhole(row) && hasAll(folded((await ledger.of(row)).subject));
  };
}
