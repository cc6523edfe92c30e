// Housekeeping as rows of `runs`: all pieces in one partition, newest first; a plan's items and marks in one of its own.
import { sweepPartition } from "../catalog/sweep.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { HousekeepingId } from "../core/ids.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import type { Housekeeping, Item } from "./housekeeping.js";

export interface Versioned {
  value: Housekeeping;
  etag: string;
}

const toValues = (value: Housekeeping): Row => ({ status: value.status, json: JSON.stringify(value) });
const keyOf = (id: HousekeepingId) => ({ partition: sweepPartition, row: id });

export async function insertHousekeeping(rows: RowStore, value: Housekeeping): Promise<void> {
  await rows.insert("runs", keyOf(value.id), toValues(value));
}

export async function findHousekeeping(rows: RowStore, id: HousekeepingId): Promise<Versioned | undefined> {
  const row = await rows.get("runs", keyOf(id));
  return row && { value: JSON.parse(String(row.values.json)) as Housekeeping, etag: row.etag };
}

/** @throws not-found (HOUSEKEEPING_NOT_FOUND) */
export async function getHousekeeping(rows: RowStore, id: HousekeepingId): Promise<Housekeeping> {
  const found = await findHousekeeping(rows, id);
  if (found !== undefined) return found.value;
  throw new MailkeepError("not-found", `no housekeeping ${id}`, { reason: "HOUSEKEEPING_NOT_FOUND" });
}

/** Newest first. */
export async function* listHousekeeping(rows: RowStore, after?: string): AsyncIterable<Housekeeping> {
  const range = { from: after === undefined ? "h_" : `${after}!`, to: "h`" };
  for await (const { values } of rows.scan("runs", sweepPartition, range))
    yield JSON.parse(String(values.json)) as Housekeeping;
}

/** Undefined when somebody else changed it; a write of ours whose answer was lost counts as done. */
export async function replaceHousekeeping(
  rows: RowStore,
  value: Housekeeping,
  etag: string,
): Promise<string | undefined> {
  try {
    return await rows.replace("runs", keyOf(value.id), toValues(value), etag);
  } catch (error) {
    if (!isMailkeepError(error, "precondition-failed")) throw error;
    const now = await findHousekeeping(rows, value.id);
    return now !== undefined && JSON.stringify(now.value) === JSON.stringify(value) ? now.etag : undefined;
  }
}

/** Changes it under optimistic concurrency; `change` returns undefined to leave it. */
export async function changeHousekeeping(
  rows: RowStore,
  id: HousekeepingId,
  change: (value: Housekeeping) => Housekeeping | undefined,
): Promise<Housekeeping> {
  for (let tries = 1; ; tries++) {
    const found = await findHousekeeping(rows, id);
    if (found === undefined) throw new MailkeepError("not-found", `no housekeeping ${id}`);
    const next = change(found.value);
    if (next === undefined) return found.value;
    if ((await replaceHousekeeping(rows, next, found.etag)) !== undefined) return next;
    if (tries === 8) throw new MailkeepError("conflict", "the housekeeping changes too often");
  }
}

export const packRow = (mailbox: string, name: string): string => `p_${mailbox}_${name}`;
export const mailboxRow = (mailbox: string): string => `p_${mailbox}`;
export const headRow = (mailbox: string): string => `m_${mailbox}`;
export const claimRow = (mailbox: string): string => `c_${mailbox}`;

export async function saveItem(rows: RowStore, plan: HousekeepingId, { row, ...item }: Item): Promise<void> {
  await rows.upsert("runs", { partition: plan, row }, { ...item });
}

export function itemOf({ row, values }: StoredRow): Item {
  return { ...(values as Omit<Item, "row">), row };
}

/** Attachments first, then packs by mailbox. */
export async function* listItems(rows: RowStore, plan: HousekeepingId, after?: string): AsyncIterable<StoredRow> {
  const from = after === undefined ? "a_" : `${after}!`;
  if (from < "a`") yield* rows.scan("runs", plan, { from, to: "a`" });
  yield* rows.scan("runs", plan, { from: from < "p_" ? "p_" : from, to: "p`" });
}

/** Rows of a plan that begin with `prefix` (`m_`, `c_`), without it. */
export async function* listMarks(
  rows: RowStore,
  plan: HousekeepingId,
  prefix: "m_" | "c_",
): AsyncIterable<{ mailbox: string; values: Row }> {
  const to = `${prefix.slice(0, 1)}\``;
  for await (const { row, values } of rows.scan("runs", plan, { from: prefix, to }))
    yield { mailbox: row.slice(prefix.length), values };
}
