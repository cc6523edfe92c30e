// A mailbox as the directory snapshot keeps it.
import { MailkeepError } from "../core/errors.js";
import { type ConnectionId, defaultConnection, type MailboxId } from "../core/ids.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";

export type MailboxKind = "user" | "shared" | "room" | "equipment" | "other" | "unknown" | "none";

export interface MailboxEntry {
  id: MailboxId;
  /** The connection through which the directory named it. */
  connection: ConnectionId;
  displayName: string;
  userPrincipalName: string;
  /** Primary SMTP address; the user principal name when there is none. */
  address: string;
  /** Every SMTP address, lower case. */
  addresses: string[];
  accountEnabled: boolean;
  /** Where a synced account stands in the directory on premises. */
  onPremisesDistinguishedName?: string;
  kind: MailboxKind;
  /** Absent when it can be archived. */
  excluded?: string;
  /** When the mailbox itself was last asked for its kind, ISO 8601. */
  probedAt?: string;
  /** When the directory last named the user, ISO 8601. */
  seenAt: string;
  /** When the directory first named the user, or named it again, ISO 8601. */
  joinedAt?: string;
  /** When the user was found to be no longer in the directory, ISO 8601; what was archived stays. */
  leftAt?: string;
}

/** One partition for each connection: names that differ in case only are one. */
export const partitionOf = (connection: ConnectionId): string => connection.toLowerCase();

/** Which partitions there are. No connection has `_` in its name, so none can be taken for these two. */
const partitions = "_partitions";
/** Which connection a mailbox belongs to: object ids are unique in the world, and an archive has one source. */
export const owners = "_owners";

/** The reason of a mailbox that another connection to the same tenant archives. */
export const inOtherConnection = "MAILBOX_IN_OTHER_CONNECTION";

export function toRow({ addresses, excluded, ...plain }: MailboxEntry): Row {
  // Forty addresses or four hundred: what does not fit a property (32,768 characters) is cut at a whole address.
  const kept: string[] = [];
  for (const address of addresses) if (JSON.stringify([...kept, address]).length < 30_000) kept.push(address);
  return { ...plain, addresses: JSON.stringify(kept), excluded };
}

export function fromRow({ partition, row, values }: StoredRow): MailboxEntry {
  const text = (name: string) => String(values[name] ?? "");
  return {
    id: row as MailboxId,
    connection: (text("connection") || partition) as ConnectionId,
    displayName: text("displayName"),
    userPrincipalName: text("userPrincipalName"),
    address: text("address"),
    addresses: JSON.parse(text("addresses") || "[]") as string[],
    accountEnabled: values.accountEnabled === true,
    kind: text("kind") as MailboxKind,
    seenAt: text("seenAt"),
    ...(values.excluded !== undefined && { excluded: text("excluded") }),
    ...(values.probedAt !== undefined && { probedAt: text("probedAt") }),
    ...(values.joinedAt !== undefined && { joinedAt: text("joinedAt") }),
    ...(values.leftAt !== undefined && { leftAt: text("leftAt") }),
    ...(values.onPremisesDistinguishedName !== undefined && {
      onPremisesDistinguishedName: text("onPremisesDistinguishedName"),
    }),
  };
}

/** By its id alone, in the connection it belongs to. */
export async function findMailbox(rows: RowStore, id: MailboxId): Promise<MailboxEntry | undefined> {
  const owner = await rows.get("mailboxes", { partition: owners, row: id });
  const connection = (owner?.values.connection ?? defaultConnection) as ConnectionId;
  const row = await rows.get("mailboxes", { partition: partitionOf(connection), row: id });
  return row && fromRow(row);
}

/** The mailboxes of one connection, in the order of their ids. */
export async function* listMailboxes(
  rows: RowStore,
  connection: ConnectionId,
  after?: string,
): AsyncIterable<MailboxEntry> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("mailboxes", partitionOf(connection), range)) yield fromRow(row);
}

/** Every mailbox of every connection once, in the order of their ids: as the connection has it that it belongs to. */
export async function* listAllMailboxes(rows: RowStore, after?: string): AsyncIterable<MailboxEntry> {
  const lists: AsyncIterator<MailboxEntry>[] = [];
  for (const connection of await knownPartitions(rows))
    lists.push(listMailboxes(rows, connection, after)[Symbol.asyncIterator]());
  const heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    const entries = heads.flatMap(({ done, value }) => (done === true ? [] : [value as MailboxEntry]));
    const first = entries.reduce((least, { id }) => (least === undefined || id < least ? id : least), entries[0]?.id);
    if (first === undefined) return;
    const same = entries.filter(({ id }) => id === first);
    yield same.find(({ excluded }) => excluded !== inOtherConnection) ?? (same[0] as MailboxEntry);
    await Promise.all(
      lists.map(async (list, at) => {
        const head = heads[at];
        if (head?.done !== true && head?.value.id === first) heads[at] = await list.next();
      }),
    );
  }
}

async function knownPartitions(rows: RowStore): Promise<Set<ConnectionId>> {
  const known = new Set([defaultConnection]);
  for await (const { row } of rows.scan("mailboxes", partitions)) known.add(row as ConnectionId);
  return known;
}

/** Makes the partition of a connection one of those that are listed; it stays one when the connection is removed. */
export async function notePartition(rows: RowStore, connection: ConnectionId): Promise<void> {
  await rows.upsert("mailboxes", { partition: partitions, row: partitionOf(connection) }, { connection });
}

/** @throws not-found with reason MAILBOX_NOT_FOUND */
export async function getMailbox(rows: RowStore, id: MailboxId): Promise<MailboxEntry> {
  const entry = await findMailbox(rows, id);
  if (entry !== undefined) return entry;
  const message = `no mailbox ${id} in the directory snapshot; POST /directory/sync refreshes it`;
  throw new MailkeepError("not-found", message, { reason: "MAILBOX_NOT_FOUND" });
}
