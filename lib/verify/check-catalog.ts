// Compares the rows of the catalog with the ledger: every message has its rows, and no row speaks of anything else.
import { catalogWrites, idHashOf, knownRow, listRow, placeValues } from "../catalog/rows.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import { readRecord } from "../ledger/journal.js";
import { type LedgerRecord, repackOf } from "../ledger/record.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import type { FindingCode } from "./finding.js";
import type { ScanState, VerifyPart } from "./verification.js";

/** What later events may change in a row; everything else of it is said once, by the record that stored the message. */
export const changing: ReadonlySet<string> = new Set([
  ...["folderId", "removedAt", "isRead", "flag", "importance", "changeKey", "categories"],
  ...["deletedAt", "deletedAction", "deletedRule", "deletedRun", "deletedTo"],
]);
/** Rows asked for at once. */
const atOnce = 16;

export type RowFound = (code: FindingCode, place: { message: MessageKey; seq?: number; detail: string }) => void;

/** The rows of one record's messages. Counts those found where they belong into `state`. */
export async function checkRows(
  rows: RowStore,
  record: LedgerRecord,
  { part, state, found, places }: { part: VerifyPart; state: ScanState; found: RowFound; places: JoinedPlaces },
): Promise<void> {
  await checkMoved(rows, record, found);
  const expected = new Map(catalogWrites({ ...record, events: [] }).map((write) => [write.row, write]));
  for (let at = 0; at < record.stored.length; at += atOnce) {
    const some = record.stored.slice(at, at + atOnce);
    const told = await Promise.all(some.map((message) => rowsOf(rows, record.mailbox, message)));
    for (const [index, { list, known }] of told.entries()) {
      const message = some[index] as MessageRecord;
      const say = (code: FindingCode, detail: string) => found(code, { message: message.key, seq: record.seq, detail });
      part.read.rows += 2;
      const write = expected.get(listRow(message.receivedAt, message.key));
      const values = write?.kind === "upsert" ? write.values : {};
      const now = list && list.values.pack !== values.pack ? await places.of(list.values) : {};
      checkListRow(list, { seq: record.seq, values: { ...values, ...now }, state, say });
      if (known === undefined) say("catalog-missing", "has no row by its id");
      else if (
        Number(known.values.version) < message.version ||
        idHashOf(String(known.values.key) as MessageKey) !== idHashOf(message.key)
      )
        say("catalog-differs", "the row by its id names another version");
    }
  }
}

export interface JoinedPlaces {
  /** The place that a record of joining gives the message of this row, if the row names that record's pack. */
  of(row: Row): Promise<Row>;
}

/** Keeps the record read last: neighbours were joined together. */
export function joinedPlaces(blobs: BlobStore, mailbox: MailboxId): JoinedPlaces {
  let last: LedgerRecord | undefined;
  return {
    async of({ pack, key }) {
      const seq = Number(String(pack).slice(0, 8));
      // A damaged record is found where it lies.
      if (last?.seq !== seq) last = await recordOf(blobs, mailbox, seq).catch(unlessCorrupt);
      const repack = last && repackOf(last);
      const message = repack?.pack.name === pack ? repack?.messages.find((one) => one.key === key) : undefined;
      return repack === undefined || message === undefined ? {} : placeValues(repack.pack.name, message);
    },
  };
}

function unlessCorrupt(error: unknown): undefined {
  if (!isMailkeepError(error, "corrupt")) throw error;
  return undefined;
}

/** Rows of messages that were moved to another pack: a row that names an earlier one leads to where nothing may be. */
async function checkMoved(rows: RowStore, record: LedgerRecord, found: RowFound): Promise<void> {
  const repack = repackOf(record);
  for (const { key, receivedAt } of repack?.messages ?? []) {
    const row = await rows.get("messages", { partition: record.mailbox, row: listRow(receivedAt, key) });
    const isStale =
      row !== undefined && Number(row.values.seq) < record.seq && String(row.values.pack) < `${repack?.pack.name}`;
    if (isStale)
      found("catalog-differs", { message: key, seq: record.seq, detail: "the row names a pack that was replaced" });
  }
}

async function rowsOf(rows: RowStore, mailbox: MailboxId, { receivedAt, key }: MessageRecord) {
  const [list, known] = await Promise.all([
    rows.get("messages", { partition: mailbox, row: listRow(receivedAt, key) }),
    rows.get("messages", { partition: mailbox, row: knownRow(idHashOf(key)) }),
  ]);
  return { list, known };
}

interface Expectation {
  seq: number;
  values: Row;
  state: ScanState;
  say(code: FindingCode, detail: string): void;
}

function checkListRow(row: StoredRow | undefined, { seq, values, state, say }: Expectation): void {
  if (row === undefined) {
    // It is missed here, not among the rows: its row by id is no stranger.
    if (values.version === 1) state.rows.firsts++;
    say("catalog-missing", "has no row in the list");
    return;
  }
  // Stored once more, later: that record answers for the row.
  if (Number(row.values.seq) > seq && row.values.key === values.key) return;
  if (Number(row.values.seq) === seq) state.rows.matched++;
  const wrong = Object.keys({ ...values, ...row.values }).filter(
    (name) => !changing.has(name) && asStored(values[name]) !== asStored(row.values[name]),
  );
  if (wrong.length > 0) say("catalog-differs", `the row says other than the ledger of: ${wrong.join(", ")}`);
}

/** Tables store a lone surrogate as U+FFFD. */
const asStored = (value: Row[string]): Row[string] => (typeof value === "string" ? value.toWellFormed() : value);

/** Rows dealt with before it is asked whether there is time left. */
const windowRows = 5_000;

export interface CatalogTools {
  rows: RowStore;
  blobs: BlobStore;
  found: RowFound;
}

/** Counts the next rows. Says whether the end is reached. */
export async function countRows(mailbox: MailboxId, state: ScanState, tools: CatalogTools): Promise<boolean> {
  const after = state.row === "" ? "k_" : `${state.row}!`;
  const late = new Map<number, StoredRow[]>();
  let left = windowRows;
  const range = { from: after, to: "t`", select: ["key", "seq"] };
  for await (const row of tools.rows.scan("messages", mailbox, range)) {
    if (left-- === 0) break;
    state.row = row.row;
    if (row.row.startsWith("k_")) state.rows.ids++;
    if (!row.row.startsWith("t_")) continue;
    if (!String(row.values.key).includes("-")) state.rows.firsts++;
    const seq = Number(row.values.seq);
    if (seq <= state.head.seq) state.rows.listed++;
    else late.set(seq, [...(late.get(seq) ?? []), row]);
  }
  await checkAgainstRecords(mailbox, late, tools);
  return left >= 0;
}

/** More rows than messages: finds those that the ledger does not know, a window of rows against the records they name. */
export async function findExtraRows(mailbox: MailboxId, state: ScanState, tools: CatalogTools): Promise<boolean> {
  const bySeq = new Map<number, StoredRow[]>();
  const after = state.row === "" ? "k_" : `${state.row}!`;
  const strangers: StoredRow[] = [];
  let left = windowRows;
  const range = { from: after, to: "t`", select: ["key", "seq", "receivedAt"] };
  for await (const row of tools.rows.scan("messages", mailbox, range)) {
    if (left-- === 0) break;
    state.row = row.row;
    if (row.row.startsWith("k_") && state.rows.ids > state.rows.firsts) strangers.push(row);
    const seq = Number(row.values.seq);
    if (row.row.startsWith("t_") && seq <= state.head.seq) bySeq.set(seq, [...(bySeq.get(seq) ?? []), row]);
  }
  if (state.rows.listed > state.rows.matched) await checkAgainstRecords(mailbox, bySeq, tools);
  await checkIds(mailbox, strangers, tools, state);
  return left >= 0;
}

async function checkAgainstRecords(
  mailbox: MailboxId,
  bySeq: Map<number, StoredRow[]>,
  { blobs, found }: CatalogTools,
): Promise<void> {
  for (const [seq, rows] of [...bySeq].sort(([a], [b]) => a - b)) {
    const stored = await storedIn(blobs, mailbox, seq);
    if (stored === "damaged") continue;
    const places = new Set(stored?.map(({ receivedAt, key }) => listRow(receivedAt, key)));
    for (const { row, values } of rows)
      if (!places.has(row))
        found("catalog-extra", {
          message: values.key as MessageKey,
          detail: `the row ${row} names record ${seq}, which does not have it`,
        });
  }
}

type Place = Pick<MessageRecord, "receivedAt" | "key">;

/** The messages of a record; undefined when there is no such record. A damaged one has been found already. */
async function storedIn(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<Place[] | "damaged" | undefined> {
  try {
    return (await recordOf(blobs, mailbox, seq))?.stored;
  } catch (error) {
    if (isMailkeepError(error, "corrupt")) return "damaged";
    throw error;
  }
}

/** Nine digits are no record, and a row may say anything. */
async function recordOf(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<LedgerRecord | undefined> {
  if (!Number.isSafeInteger(seq) || seq < 1 || seq > 99_999_999) return undefined;
  return (await readRecord(blobs, mailbox, seq))?.record;
}

/** A row by id whose message has no row in the list, and is not on its way from a newer record either. */
async function checkIds(
  mailbox: MailboxId,
  strangers: StoredRow[],
  { rows, blobs, found }: CatalogTools,
  state: ScanState,
): Promise<void> {
  const lost: StoredRow[] = [];
  for (const row of strangers) {
    const at = listRow(String(row.values.receivedAt), row.values.key as MessageKey);
    if ((await rows.get("messages", { partition: mailbox, row: at })) === undefined) lost.push(row);
  }
  if (lost.length === 0) return;
  const arriving = new Set<string>();
  for (let seq = state.head.seq + 1; ; seq++) {
    const stored = await storedIn(blobs, mailbox, seq);
    if (stored === undefined || stored === "damaged") break;
    for (const { key } of stored) arriving.add(knownRow(idHashOf(key)));
  }
  for (const { row, values } of lost)
    if (!arriving.has(row))
      found("catalog-extra", {
        message: values.key as MessageKey,
        detail: `the row ${row} is of no message in the ledger`,
      });
}
