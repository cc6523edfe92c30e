// Writes to one partition, a hundred a time: the most a Table transaction takes
// (https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
import { inParallel } from "../core/channel.js";
import type { RowStore, RowWrite, Table } from "../ports/row-store.js";

const transactionLimit = 100;

/** One partition takes 2,000 rows a second: https://learn.microsoft.com/azure/storage/tables/scalability-targets */
const batchesAtOnce = 4;

/** Later writes to a row win; each batch lands whole, some beside each other. */
export async function inBatches(rows: RowStore, table: Table, partition: string, writes: RowWrite[]): Promise<void> {
  const once = [...new Map(writes.map((write) => [write.row, write])).values()];
  const starts = Array.from(
    { length: Math.ceil(once.length / transactionLimit) },
    (_, index) => index * transactionLimit,
  );
  await inParallel(starts, batchesAtOnce, (at) => rows.batch(table, partition, once.slice(at, at + transactionLimit)));
}
