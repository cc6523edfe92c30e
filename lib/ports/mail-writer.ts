import type { FolderId, ImmutableId, MailboxId } from "../core/ids.js";
import type { OpenMailbox, RequestHistory } from "./mail-source.js";

/**
 * moveToDeletedItems  the message goes to Deleted Items
 * delete              Graph's DELETE: which folder it lands in is not documented; the user can recover it
 * permanentDelete     to Purges; only a hold keeps it (https://learn.microsoft.com/graph/api/message-permanentdelete)
 */
export type DeletionAction = "moveToDeletedItems" | "delete" | "permanentDelete";

/** `changed`: the message is not in the state that was asked for any more, so nothing was done. */
export type DeletionOutcome =
  | { kind: "deleted" }
  | { kind: "gone" }
  | { kind: "changed" }
  | { kind: "refused"; reason: string; requestId?: string };

/** What a message must still be for it to be deleted. */
export interface Unchanged {
  changeKey: string;
  folderId: FolderId;
}

/**
 * The only way anything in a mailbox is changed, with the second identity, which may write. It shares the mailbox's four
 * requests in flight and its history with the reader: both are opened under one claim.
 */
export interface MailboxWriter {
  /** Deletes the message if it is still what was archived. Never retried blindly: an answer that was lost is asked about. */
  remove(id: ImmutableId, action: DeletionAction, unless: Unchanged): Promise<DeletionOutcome>;
  history(): RequestHistory;
}

export interface MailWriter {
  open(mailbox: MailboxId, options: OpenMailbox): MailboxWriter;
}
