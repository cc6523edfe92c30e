// Where a message lies at this moment: asked again when the place that was looked up earlier is no more.
import { listRow } from "../catalog/rows.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { Content } from "./content.js";
import { placeOf } from "./stored-message.js";

export function placeNow(
  rows: RowStore,
  mailbox: MailboxId,
  { receivedAt, key }: { receivedAt: string; key: MessageKey },
): () => Promise<Pick<Content, "pack" | "entry"> | undefined> {
  return async () => {
    const row = await rows.get("messages", { partition: mailbox, row: listRow(receivedAt, key) });
    return row && placeOf(row.values);
  };
}

/** The same for a catalog row that is at hand. */
export const placeNowOf = (rows: RowStore, mailbox: MailboxId, row: { [name: string]: unknown }) =>
  placeNow(rows, mailbox, { receivedAt: String(row.receivedAt), key: String(row.key) as MessageKey });
