// A mailbox as the directory snapshot keeps it.
import { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";

export type MailboxKind = "user" | "shared" | "room" | "equipment" | "other" | "unknown" | "none";

export interface MailboxEntry {
  id: MailboxId;
  displayName: string;
  userPrincipalName: string;
  /** Primary SMTP address; the user principal name when there is none. */
  address: string;
  /** Every SMTP address, lower case. */
  addresses: string[];
  accountEnabled: boolean;
  kind: MailboxKind;
  /** Absent when it can be archived. */
  excluded?: string;
  /** When the mailbox itself was last asked for its kind, ISO 8601. */
  probedAt?: string;
  /** When the directory last named the user, ISO 8601. */
  seenAt: string;
}

/** One partition for each connection; `default` is the one of the settings. */
export const defaultConnection = "default";

export function toRow({ addresses, excluded, ...plain }: MailboxEntry): Row {
  // Forty addresses or four hundred: what does not fit a property (32,768 characters) is cut at a whole address.
  const kept: string[] = [];
  for (const address of addresses) if (JSON.stringify([...kept, address]).length < 30_000) kept.push(address);
  return { ...plain, addresses: JSON.stringify(kept), excluded };
}

export function fromRow({ row, values }: StoredRow): MailboxEntry {
  const text = (name: string) => String(values[name] ?? "");
  return {
    id: row as MailboxId,
    displayName: text("displayName"),
    userPrincipalName: text("userPrincipalName"),
    address: text("address"),
    addresses: JSON.parse(text("addresses") || "[]") as string[],
    accountEnabled: values.accountEnabled === true,
    kind: text("kind") as MailboxKind,
    seenAt: text("seenAt"),
    ...(values.excluded !== undefined && { excluded: text("excluded") }),
    ...(values.probedAt !== undefined && { probedAt: text("probedAt") }),
  };
}

export async function findMailbox(rows: RowStore, id: MailboxId): Promise<MailboxEntry | undefined> {
  const row = await rows.get("mailboxes", { partition: defaultConnection, row: id });
  return row && fromRow(row);
}

export async function* listMailboxes(rows: RowStore, after?: string): AsyncIterable<MailboxEntry> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("mailboxes", defaultConnection, range)) yield fromRow(row);
}

/** @throws not-found with reason MAILBOX_NOT_FOUND */
export async function getMailbox(rows: RowStore, id: MailboxId): Promise<MailboxEntry> {
  const entry = await findMailbox(rows, id);
  if (entry !== undefined) return entry;
  const message = `no mailbox ${id} in the directory snapshot; POST /directory/sync refreshes it`;
  throw new MailkeepError("not-found", message, { reason: "MAILBOX_NOT_FOUND" });
}
