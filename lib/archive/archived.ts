// What the archive holds of each folder, for comparing with the mailbox. One scan tells the counts; a folder's messages
// are listed only where there are any.
import { messagesInFolder } from "../catalog/messages.js";
import type { ImmutableId, MailboxId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";

export interface Archived {
  /** Whether anything was archived of the mailbox when the work began. */
  readonly any: boolean;
  inFolder(folderId: string): AsyncIterable<{ id: ImmutableId }>;
}

export function archivedMessages(rows: RowStore, mailbox: MailboxId, any: boolean): Archived {
  let folders: Promise<Set<string>> | undefined;
  return {
    any,
    async *inFolder(folderId) {
      if (!any) return;
      folders ??= foldersInUse(rows, mailbox);
      if ((await folders).has(folderId)) yield* messagesInFolder(rows, mailbox, folderId);
    },
  };
}

async function foldersInUse(rows: RowStore, mailbox: MailboxId): Promise<Set<string>> {
  const used = new Set<string>();
  for await (const { values } of rows.scan("messages", mailbox, { from: "k_", to: "k`", select: ["folderId"] }))
    used.add(String(values.folderId));
  return used;
}
