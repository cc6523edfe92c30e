// Mailboxes as the API shows them: what the directory says, and what the archive holds of each.
import { loadApplied } from "../catalog/messages.js";
import { owedMessages } from "../catalog/quarantine.js";
import type { ConnectionId, MailboxId } from "../core/ids.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { type Access, findAccess, listAccess } from "./access.js";
import { exclusionText } from "./classify.js";
import { getMailbox, listAllMailboxes, listMailboxes, type MailboxEntry } from "./mailbox.js";

export interface MailboxView extends MailboxEntry {
  /** The reason of `excluded` in words. */
  excludedBecause?: string;
  /** Whether the app may read it, and by which right; absent until it was asked. */
  access?: AccessView;
}

export type AccessView = Omit<Access, "mailbox">;

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

function view(entry: MailboxEntry, access: Access | undefined): MailboxView {
  const { excluded } = entry;
  return {
    ...entry,
    ...(excluded !== undefined && { excludedBecause: exclusionText[excluded] ?? `Graph says ${excluded}` }),
    ...(access !== undefined && { access: viewAccess(access) }),
  };
}

export const viewAccess = ({ mailbox: _, ...access }: Access): AccessView => access;

/** Both lists are in the order of the ids. */
async function accessOf(entries: MailboxEntry[], rows: RowStore): Promise<Map<string, Access>> {
  const [first, last] = [entries[0], entries.at(-1)];
  const known = new Map<string, Access>();
  if (first === undefined || last === undefined) return known;
  for await (const access of listAccess(rows, { from: first.id, to: last.id })) known.set(access.mailbox, access);
  return known;
}

/** Of one connection, or of all. */
export async function showMailboxes(
  { limit, after, connection }: PageRequest & { connection?: ConnectionId },
  rows: RowStore,
): Promise<Page<MailboxView>> {
  const all = connection === undefined ? listAllMailboxes(rows, after) : listMailboxes(rows, connection, after);
  const page = await onePage(all, limit, ({ id }) => id);
  const access = await accessOf(page.value, rows);
  return { ...page, value: page.value.map((entry) => view(entry, access.get(entry.id))) };
}

/** @throws not-found with reason MAILBOX_NOT_FOUND */
export async function showMailbox(id: MailboxId, rows: RowStore): Promise<MailboxDetail> {
  const entry = await getMailbox(rows, id);
  const { head, messages, bytes } = await loadApplied(rows, id);
  let quarantined = 0;
  for await (const _ of owedMessages(rows, id)) quarantined++;
  return { ...view(entry, await findAccess(rows, id)), archive: { messages, bytes, records: head.seq, quarantined } };
}
