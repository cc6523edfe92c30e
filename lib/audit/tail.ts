// Where the chain ends now. Rows that were deleted must leave a gap that stays: the number given out next is never one
// that anything still knows as taken.
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import { newestAnchor } from "./anchor-blobs.js";
import { beginning, hashOf, headRow, partition, seqOf, type Tail } from "./entry.js";

export interface FoundTail {
  tail: Tail;
  /** The row that names the end is gone or older than an entry: somebody was at the table. */
  lost: boolean;
}

export async function findTail({ rows, blobs }: { rows: RowStore; blobs: BlobStore }): Promise<FoundTail> {
  // In this order: the head is written with the entries, so one read later is never behind.
  const newest = await newestRow(rows);
  const head = await readHead(rows);
  if (head !== undefined && head.seq >= (newest?.seq ?? 0)) return { tail: head, lost: false };
  if (newest !== undefined) return { tail: newest, lost: true };
  const anchor = await newestAnchor(blobs);
  return anchor === undefined ? { tail: beginning, lost: false } : { tail: anchor.anchor, lost: true };
}

/** Undefined when there is none, or none that says where the chain ends. */
export async function readHead(rows: RowStore): Promise<Tail | undefined> {
  const values = (await rows.get("audit", { partition, row: headRow }))?.values;
  const { seq, hash } = values ?? {};
  if (typeof seq !== "number" || typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  return { seq, hash };
}

async function newestRow(rows: RowStore): Promise<Tail | undefined> {
  for await (const { row, values } of entryRows(rows, { limit: 1 }))
    return { seq: seqOf(row), hash: hashOf(typeof values.entry === "string" ? values.entry : "") };
  return undefined;
}

/** The rows of entries, newest first, from this row on. */
export function entryRows(
  rows: RowStore,
  { from, limit }: { from?: string; limit?: number } = {},
): AsyncIterable<StoredRow> {
  return rows.scan("audit", partition, {
    to: headRow,
    ...(from !== undefined && { from }),
    ...(limit !== undefined && { limit }),
  });
}
