// Pure: what a change that Graph reports means for the archive.

import { defined, type Known } from "../catalog/known.js";
import { categoriesMark, textMark } from "../catalog/rows.js";
import type { ImmutableId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Change, MessageFacts } from "../ports/mail-source.js";

/**
 * fetch   the content is not in the archive: download it
 * record  nothing to download; the events say what changed (none: nothing did)
 * ask     only the mailbox can tell whether the message left it, moved, or never went away
 * ignore  no concern of this folder
 */
export type Decision =
  | { kind: "fetch"; message: MessageFacts; version: number }
  | { kind: "record"; events: LedgerEvent[] }
  | { kind: "ask"; id: ImmutableId }
  | { kind: "ignore" };

export interface FolderPlace {
  id: string;
  path: string;
}

/** A change as Graph reports it; `listed`: a list of the folder names the message, whatever was reported. */
export type Sign = Change | { kind: "listed"; id: ImmutableId; message: MessageFacts };

/**
 * A removal is never taken at its word: Graph says "removed" for a message that moved, and for one that moved away and
 * back between two rounds, known to us or not. Only of a message that is in another folder this run reads (`tells`) that
 * folder itself will tell.
 */
export function decide(
  sign: Sign,
  known: Known | undefined,
  { folder, tells }: { folder: FolderPlace; tells(folderId: string): boolean },
): Decision {
  if (sign.kind === "present") return decidePresent(sign.message, known, folder);
  const { id } = sign;
  // What we deleted is listed where deleted mail goes: the receipt has said so already.
  if (sign.kind === "listed" && known !== undefined && isWhereDeletedMailGoes(known, folder)) return { kind: "ignore" };
  if (known === undefined || known.removedAt !== undefined) return { kind: "ask", id };
  const isHere = known.folderId === folder.id;
  if (sign.kind === "listed") return isHere ? { kind: "ignore" } : { kind: "ask", id };
  return !isHere && tells(known.folderId) ? { kind: "ignore" } : { kind: "ask", id };
}

/** A message that is in `folder` now. */
export function decidePresent(message: MessageFacts, known: Known | undefined, folder: FolderPlace): Decision {
  if (known === undefined) return { kind: "fetch", message, version: 1 };
  if (hasNewContent(message, known)) return { kind: "fetch", message, version: known.version + 1 };
  const place = decidePlace(known, folder).map((event) => withChangeKey(event, message, known));
  return { kind: "record", events: [...place, ...metadataEvents(message, known)] };
}

/** A move gives a message a new changeKey: without it the archive could not tell a moved message from a changed one. */
function withChangeKey(event: LedgerEvent, { changeKey }: MessageFacts, known: Known): LedgerEvent {
  if (event.kind !== "moved" && event.kind !== "returned") return event;
  return changeKey === undefined || changeKey === known.changeKey ? event : { ...event, changeKey };
}

function isWhereDeletedMailGoes({ removedAt, deletedAt, deletedTo }: Known, { id, path }: FolderPlace): boolean {
  return deletedAt !== undefined && removedAt !== undefined && (id === deletedTo || path.startsWith(recoverablePath));
}

/** Recoverable Items, as lib/archive/tree.ts calls it. */
const recoverablePath = "/Recoverable Items/";

/**
 * Exchange gives a new changeKey for every flag that is set, so a changed changeKey alone is no new content. A draft is
 * edited or sent; other messages change their subject, the beginning of their text, id or attachments when somebody
 * rewrites them.
 */
function hasNewContent(message: MessageFacts, known: Known): boolean {
  const draftChanged = known.isDraft === true && differs(message.changeKey, known.changeKey);
  return (
    draftChanged ||
    differs(markOf(message.subject), known.subjectHash) ||
    differs(markOf(message.preview), known.previewHash) ||
    differs(markOf(message.internetMessageId), known.messageIdHash) ||
    differs(message.hasAttachments, known.hasAttachment)
  );
}

const markOf = (text: string | undefined) => (text === undefined ? undefined : textMark(text));

/** Both sides must have spoken: an absent property means "not said". */
function differs<T>(said: T | undefined, known: T | undefined): boolean {
  return said !== undefined && known !== undefined && said !== known;
}

/** What it means that a known message is in this folder now. */
export function decidePlace(known: Known, folder: FolderPlace): LedgerEvent[] {
  const subject = { key: known.key, receivedAt: known.receivedAt };
  if (isWhereDeletedMailGoes(known, folder)) return [];
  if (known.removedAt !== undefined) return [{ kind: "returned", ...subject, to: folder.id, toPath: folder.path }];
  if (known.folderId === folder.id) return [];
  return [{ kind: "moved", ...subject, from: known.folderId, to: folder.id, toPath: folder.path }];
}

function metadataEvents(message: MessageFacts, known: Known): LedgerEvent[] {
  const changed = {
    ...(message.isRead !== undefined && message.isRead !== known.isRead && { isRead: message.isRead }),
    ...(message.flag !== undefined && message.flag !== known.flag && { flag: message.flag }),
    ...(message.importance !== undefined &&
      message.importance !== known.importance && { importance: message.importance }),
    ...(message.categories !== undefined &&
      categoriesMark(message.categories) !== (known.categoriesHash ?? noCategories) && {
        categories: message.categories,
      }),
  };
  if (Object.keys(changed).length === 0) return [];
  const changeKey = message.changeKey === undefined ? {} : { changeKey: message.changeKey };
  return [{ kind: "changed", key: known.key, receivedAt: known.receivedAt, ...changed, ...changeKey }];
}

const noCategories = categoriesMark([]);

/** The known state after events have been applied; mirrors what the catalog rows will say. */
export function knownAfter(known: Known, events: LedgerEvent[]): Known {
  let next = known;
  for (const event of events) {
    if (event.kind === "moved") next = { ...next, folderId: event.to, ...defined({ changeKey: event.changeKey }) };
    else if (event.kind === "returned") {
      const { removedAt: _, ...present } = next;
      next = { ...present, folderId: event.to, ...defined({ changeKey: event.changeKey }) };
    } else if (event.kind === "removed") next = { ...next, removedAt: event.at };
    else if (event.kind === "changed") {
      const { kind: _, key: __, receivedAt: ___, categories, ...facts } = event;
      const categoriesHash = categories && categoriesMark(categories);
      next = { ...next, ...defined({ ...facts, categoriesHash }) };
    }
  }
  return next;
}
