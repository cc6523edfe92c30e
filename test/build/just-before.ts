// Something happens just before a row is written: a race, at the moment it matters, without two workers.
import type { RowStore } from "../../lib/ports/row-store.js";

export type Write = "insert" | "replace" | "delete";

export interface JustBefore {
  /** The rows, watched. */
  watched(rows: RowStore): RowStore;
  /** Before the next write of this kind in the partition; once. */
  just(write: Write, partition: string, act: () => Promise<unknown>): void;
}

export function justBefore(): JustBefore {
  const waiting: { write: Write; partition: string; act: () => Promise<unknown> }[] = [];
  const happen = async (write: Write, partition: string) => {
    const at = waiting.findIndex((one) => one.write === write && one.partition === partition);
    if (at >= 0) await waiting.splice(at, 1)[0]?.act();
  };
  return {
    just: (write, partition, act) => void waiting.push({ write, partition, act }),
    watched: (rows) => ({
      ...rows,
      async insert(table, key, values) {
        await happen("insert", key.partition);
        return rows.insert(table, key, values);
      },
      async replace(table, key, values, etag) {
        await happen("replace", key.partition);
        return rows.replace(table, key, values, etag);
      },
      async delete(table, key, etag) {
        await happen("delete", key.partition);
        return rows.delete(table, key, etag);
      },
    }),
  };
}
