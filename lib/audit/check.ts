// Proves the chain: every number there, every entry the one that its successor names, and the anchors of all days met.
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { clockSlackMs, lastBefore, timeOf } from "./at-time.js";
import { compareAnchors, expectedAnchors } from "./check-anchors.js";
import { readRow, rowOf } from "./entry.js";
import type { AuditCheck } from "./finding.js";
import { entryRows, readHead } from "./tail.js";
import { Walk } from "./walk.js";

/** A thousand rows come at a time, so this takes about ten seconds. */
const mostEntries = 200_000;

export interface CheckDeps {
  rows: RowStore;
  blobs: BlobStore;
}

export interface TimeRange {
  from?: Date;
  to?: Date;
}

export async function checkAudit(range: TimeRange, { rows, blobs }: CheckDeps): Promise<AuditCheck> {
  const anchors = await expectedAnchors(range, blobs);
  const walk = new Walk();
  const start = range.to === undefined ? undefined : await lastBefore(range.to, rows);
  // The head first: what is written from now on lies above it and is no business of this check.
  const head = start === undefined ? await readHead(rows) : undefined;
  if (head !== undefined) walk.expectHead(head);
  const scan = entryRows(rows, start === undefined ? {} : { from: rowOf(start + 1) });
  let isOver = false;
  for await (const stored of scan) {
    const row = readRow(stored);
    if (head !== undefined && row.seq > head.seq && walk.entries === 0 && (await hasGrown(row.seq, rows))) continue;
    walk.meet(row);
    anchors.meet(row, walk);
    // One more than was asked for: it is the one that the first entry of the range names.
    isOver = range.from !== undefined && row.entry !== undefined && timeOf(row) < range.from.getTime() - clockSlackMs;
    if (isOver || walk.entries === mostEntries) break;
  }
  const complete = isOver || walk.entries < mostEntries;
  if (complete && !isOver) walk.reachBeginning();
  compareAnchors(anchors, walk, { reachesEnd: start === undefined });
  return walk.result({ complete, anchors: anchors.stored.length });
}

/** Whether the head has moved up to here since it was read. */
async function hasGrown(seq: number, rows: RowStore): Promise<boolean> {
  return ((await readHead(rows))?.seq ?? 0) >= seq;
}
