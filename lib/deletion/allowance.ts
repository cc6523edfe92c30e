// The cap of a run, shared by all workers on its mailboxes. It is taken before an intent is written and never given back: an
// attempt that came to nothing counts, and a crash in between makes a run delete fewer, never more.
import { isMailkeepError } from "../core/errors.js";
import type { RunId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";

const partition = "deletion-allowances";

const tries = 20;

/** How many of the wanted ones are granted. */
export async function takeAllowance(
  rows: RowStore,
  run: RunId,
  { wanted, most }: { wanted: number; most: number },
): Promise<number> {
  if (wanted === 0) return 0;
  const key = { partition, row: run };
  for (let attempt = 1; ; attempt++) {
    const row = await rows.get("runs", key);
    const spent = Number(row?.values.spent ?? 0);
    const granted = Math.max(0, Math.min(wanted, most - spent));
    if (granted === 0) return 0;
    try {
      const values = { spent: spent + granted };
      if (row === undefined) await rows.insert("runs", key, values);
      else await rows.replace("runs", key, values, row.etag);
      return granted;
    } catch (error) {
      // Another worker was quicker, or an answer of ours was lost; then what it took stays taken.
      if (!isMailkeepError(error, "conflict", "precondition-failed") || attempt === tries) throw error;
    }
  }
}
