// Mailboxes as the API shows them: what the directory says, and what the archive holds of each.
import { loadApplied } from "../catalog/messages.js";
import { owedMessages } from "../catalog/quarantine.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { exclusionText } from "./classify.js";
import { getMailbox, listAllMailboxes, listMailboxes, type MailboxEntry } from "./mailbox.js";

export interface MailboxView extends MailboxEntry {
  /** The reason of `excluded` in words. */
  excludedBecause?: string;
}

export interface MailboxDetail extends MailboxView {
  archive: {
    /** Messages stored, every version of an edited one counted. */
    messages: number;
    /** Their size as Graph sent them. */
    bytes: number;
    /** Ledger records: the number of the newest. */
    records: number;
    /** Owed another try, or given up. */
    quarantined: number;
  };
}

function view(entry: MailboxEntry): MailboxView {
  const { excluded } = entry;
  return excluded === undefined
    ? entry
    : { ...entry, excludedBecause: exclusionText[excluded] ?? `Graph says ${excluded}` };
}

/** Of one connection, or of all. */
export async function showMailboxes(
  { limit, after, connection }: PageRequest & { connection?: ConnectionId },
  rows: RowStore,
): Promise<Page<MailboxView>> {
  const all = connection === undefined ? listAllMailboxes(rows, after) : listMailboxes(rows, connection, after);
  const page = await onePage(all, limit, ({ id }) => id);
  return { ...page, value: page.value.map(view) };
}

/** @throws not-found with reason MAILBOX_NOT_FOUND */
export async function showMailbox(id: MailboxId, rows: RowStore): Promise<MailboxDetail> {
  const entry = await getMailbox(rows, id);
  const { head, messages, bytes } = await loadApplied(rows, id);
  let quarantined = 0;
  for await (const _ of owedMessages(rows, id)) quarantined++;
  return { ...view(entry), archive: { messages, bytes, records: head.seq, quarantined } };
}
