// Finds the place of a time in the chain: entries stand in the order of their numbers, and nearly in that of their times.
import { minute } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import { type ReadRow, readRow, rowOf } from "./entry.js";
import { entryRows, readHead } from "./tail.js";

/** The clocks of instances differ; so far apart two neighbours may be. */
export const clockSlackMs = 5 * minute;

/** The newest number that may have an entry from before `to`; 0 when there is none. */
export async function lastBefore(to: Date, rows: RowStore): Promise<number> {
  const limit = to.getTime() + clockSlackMs;
  const newest = await firstFrom(Number.MAX_SAFE_INTEGER, rows);
  let high = Math.max(newest?.seq ?? 0, (await readHead(rows))?.seq ?? 0);
  let low = 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const found = await firstFrom(middle, rows);
    // A row that cannot be read says nothing of its time: it counts as early, so that it is not left out.
    if (found === undefined || timeOf(found) < limit) low = middle;
    else high = Math.min(middle, found.seq) - 1;
  }
  return low;
}

/** The newest entry whose number is at most this. */
async function firstFrom(seq: number, rows: RowStore): Promise<ReadRow | undefined> {
  const from = seq >= 999_999_999_999 ? undefined : rowOf(seq);
  for await (const row of entryRows(rows, { limit: 1, ...(from !== undefined && { from }) })) return readRow(row);
  return undefined;
}

/** In milliseconds; the beginning of time for a row that cannot be read. */
export const timeOf = ({ entry }: ReadRow): number => (entry === undefined ? 0 : Date.parse(entry.time));
