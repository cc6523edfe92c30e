// Pure: the table rows that follow from one ledger record. Applying a record twice leaves the same rows.
import { type ImmutableId, type MessageKey, newestFirst, shortHash } from "../core/ids.js";
import type { LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { MessageRecord, Unplaced } from "../pack/manifest.js";
import type { Row, RowWrite } from "../ports/row-store.js";
import { defined, type Known, knownToRow } from "./known.js";

/** Row keys of one mailbox's partition in `messages`: h = head, f_ = folders, k_ = by id, t_ = by time. */
export const headRow = "h";
const folderRow = (folderId: string): string => `f_${shortHash(folderId)}`;
/** d_: intents to delete that no receipt has ended yet. */
const intentRow = (key: MessageKey): string => `d_${key}`;
export const intentsAfter = { from: "d_", to: "d`" };
export const knownRow = (idHash: string): string => `k_${idHash}`;
export const listRow = (receivedAt: string, key: MessageKey): string => `t_${newestFirst(new Date(receivedAt))}_${key}`;
export const idHashOf = (key: MessageKey): string => key.slice(0, 32);

/** At most this much of a long text goes into a row; the ledger has all of it. */
const textLimit = 1_000;
/** Recipients and cuts beyond this many characters of JSON stay in the ledger only (a property holds 32,768). */
const listLimit = 12_000;

/** The writes to the mailbox's partition of `messages`, in order of the record, each row once. */
export function catalogWrites(record: LedgerRecord): RowWrite[] {
  const writes = [
    ...record.stored.flatMap((message) => storedWrites(message, record)),
    ...record.events.flatMap(eventWrites),
  ];
  return onceEach(writes);
}

export function knownOf(message: Unplaced, run: string): Known {
  return {
    key: message.key,
    version: message.version,
    receivedAt: message.receivedAt,
    folderId: message.folderId,
    run,
    ...defined({
      changeKey: message.changeKey,
      subjectHash: message.subject === undefined ? undefined : textMark(message.subject),
      previewHash: message.previewHash,
      messageIdHash: message.messageId === undefined ? undefined : textMark(message.messageId),
      hasAttachment: message.hasAttachment,
      isDraft: message.isDraft,
      isRead: message.isRead,
      flag: message.flag,
      importance: message.importance,
      categoriesHash: message.categories && categoriesMark(message.categories),
    }),
  };
}

/** Sixteen hex digits that change when a text does. */
export const textMark = (text: string): string => shortHash(text).slice(0, 16);

/** The same for a list of categories, in whatever order. */
export const categoriesMark = (categories: string[]): string => textMark(JSON.stringify([...categories].sort()));

/** What of the categories fits a row; a list that was cut off cannot be read, and counts as not known from the row. */
const categoriesText = (categories: string[]): string => JSON.stringify(categories).slice(0, listLimit);

function storedWrites(message: MessageRecord, record: LedgerRecord): RowWrite[] {
  const known = knownOf(message, record.run);
  return [
    { kind: "upsert", row: knownRow(shortHash(message.id as ImmutableId)), values: knownToRow(known) },
    { kind: "upsert", row: listRow(message.receivedAt, message.key), values: listValues(message, record) },
  ];
}

function listValues(message: MessageRecord, record: LedgerRecord): Row {
  const recipients = JSON.stringify({ to: message.to, cc: message.cc, bcc: message.bcc });
  const cuts = JSON.stringify(message.cuts);
  return defined({
    key: message.key,
    id: message.id,
    version: message.version,
    changeKey: message.changeKey,
    folderId: message.folderId,
    folderPath: message.folderPath.slice(0, textLimit),
    receivedAt: message.receivedAt,
    subject: message.subject?.slice(0, textLimit),
    fromName: message.from?.name?.slice(0, textLimit),
    fromEmail: message.from?.email.slice(0, textLimit),
    recipients: recipients.length <= listLimit ? recipients : undefined,
    messageId: message.messageId?.slice(0, textLimit),
    hasAttachment: message.hasAttachment,
    isRead: message.isRead,
    isDraft: message.isDraft,
    flag: message.flag,
    importance: message.importance,
    categories: message.categories && categoriesText(message.categories),
    size: message.size,
    sha256: message.sha256,
    fidelity: message.fidelity,
    storedAt: record.time,
    removedAt: "",
    seq: record.seq,
    ...placeValues(record.pack?.name, message),
    cuts: cuts.length <= listLimit ? cuts : undefined,
  }) as Row;
}

/** Where a message's bytes lie; joining packs changes it. */
export const placeValues = (pack: string | undefined, { entry }: Pick<MessageRecord, "entry">) => ({
  ...(pack !== undefined && { pack }),
  entryName: entry.name,
  entryOffset: entry.offset,
  entryCompressedLength: entry.compressedLength,
  entryLength: entry.length,
});

function eventWrites(event: LedgerEvent): RowWrite[] {
  switch (event.kind) {
    case "folder": {
      const { folderId, path, hidden, gone } = event;
      const values = { folderId, path: path.slice(0, 10_000), hidden: hidden ?? false, gone: gone ?? false };
      return [{ kind: "upsert", row: folderRow(folderId), values }];
    }
    case "moved":
      return bothRows(event, { folderId: event.to, changeKey: event.changeKey });
    case "returned":
      return bothRows(event, { folderId: event.to, changeKey: event.changeKey, removedAt: "" });
    case "removed":
      return bothRows(event, { removedAt: event.at });
    case "changed": {
      const { isRead, flag, importance, changeKey, categories } = event;
      const facts = { isRead, flag, importance, changeKey };
      const marked = { ...facts, categoriesHash: categories && categoriesMark(categories) };
      return bothRows(event, marked, { ...facts, categories: categories && categoriesText(categories) });
    }
    case "deleting":
      return [{ kind: "upsert", row: intentRow(event.key), values: { ...event } }];
    case "kept":
      return [{ kind: "delete", row: intentRow(event.key) }];
    case "deleted": {
      const { action, at, rule, run, to = "" } = event;
      const ours = {
        removedAt: at,
        deletedAt: at,
        deletedAction: action,
        deletedRule: rule,
        deletedRun: run,
        deletedTo: to,
      };
      return [{ kind: "delete", row: intentRow(event.key) }, ...bothRows(event, ours)];
    }
    case "repacked":
      return event.messages.map((message) => ({
        kind: "merge",
        row: listRow(message.receivedAt, message.key),
        values: placeValues(event.pack.name, message),
      }));
    case "skipped":
    case "waiting":
    case "released":
    case "gone":
    case "quarantined":
      return [];
  }
}

function bothRows(event: { key: MessageKey; receivedAt: string }, known: Row, listed: Row = known): RowWrite[] {
  return [
    { kind: "merge", row: knownRow(idHashOf(event.key)), values: defined(known) as Row },
    { kind: "merge", row: listRow(event.receivedAt, event.key), values: defined(listed) as Row },
  ];
}

/** A batch may name a row once only: later writes are folded into the first one. */
function onceEach(writes: RowWrite[]): RowWrite[] {
  const byRow = new Map<string, RowWrite>();
  for (const write of writes) {
    const earlier = byRow.get(write.row);
    if (earlier === undefined || write.kind !== "merge" || earlier.kind === "delete") byRow.set(write.row, write);
    else byRow.set(write.row, { ...earlier, values: { ...earlier.values, ...write.values } });
  }
  return [...byRow.values()];
}
