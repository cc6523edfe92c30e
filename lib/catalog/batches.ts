// Writes to one partition, a hundred a time: the most a Table transaction takes
// (https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
import type { RowStore, RowWrite, Table } from "../ports/row-store.js";

const transactionLimit = 100;

/** Later writes to a row win; each batch lands whole, one after the other. */
export async function inBatches(rows: RowStore, table: Table, partition: string, writes: RowWrite[]): Promise<void> {
  const once = [...new Map(writes.map((write) => [write.row, write])).values()];
  for (let at = 0; at < once.length; at += transactionLimit)
    await rows.batch(table, partition, once.slice(at, at + transactionLimit));
}
