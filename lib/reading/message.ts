// One archived message: all that is known of it, and where it lies.

import { defined } from "../catalog/known.js";
import { knownFolders } from "../catalog/messages.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import type { Entry, MessageRecord } from "../pack/manifest.js";
import { ledgerEntries } from "./ledger-entry.js";
import { contentOf, findMessage, type ReadingDeps } from "./stored-message.js";
import { isWhole, type MessageSummary, summaryOf } from "./summary.js";

export interface MessageDetail extends MessageSummary {
  changeKey?: string;
  /** `mime`: the bytes are what Graph sent. */
  fidelity: string;
  /** Key of the newest version of the message; this one's own unless it was edited since. */
  newestKey: MessageKey;
  /** Where the message without its cuts lies in the pack. */
  entry: Entry;
  /** How many attachment blobs its bytes need. */
  cuts: number;
}

/**
 * @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND), `corrupt` (ARCHIVE_CORRUPT) when the ledger lacks what the catalog
 * names
 */
export async function readMessage(
  { rows, blobs }: ReadingDeps,
  mailbox: MailboxId,
  key: MessageKey,
): Promise<MessageDetail> {
  const { row, newest } = await findMessage(rows, mailbox, key);
  const ledger = ledgerEntries(blobs, mailbox);
  const { entry, cuts } = await contentOf(row, ledger);
  // Folder and presence belong to the message, not to one of its versions.
  const now = { ...row, folderId: newest.folderId, removedAt: newest.removedAt ?? "", deletedAt: newest.deletedAt };
  const summary = summaryOf(now, await knownFolders(rows, mailbox));
  return {
    ...summary,
    ...(isWhole(row) ? {} : longTexts(await ledger.of(row))),
    ...(typeof row.changeKey === "string" && { changeKey: row.changeKey }),
    fidelity: String(row.fidelity),
    newestKey: newest.key,
    entry,
    cuts: cuts.length,
  };
}

/** What was too long for a catalog row. */
function longTexts({ subject, from, to, cc, bcc }: MessageRecord): Partial<MessageSummary> {
  return defined({ subject, from, to, cc, bcc }) as Partial<MessageSummary>;
}
