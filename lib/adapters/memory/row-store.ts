// Rows in memory, under the same rules as the service.
import { MailkeepError } from "../../core/errors.js";
import { checkBatch, checkBound, checkEtag, checkKey, checkRow, storable } from "../../core/row-limits.js";
import type { Key, Row, RowStore, RowWrite, ScanRange, StoredRow, Table, Value } from "../../ports/row-store.js";

interface Held {
  etag: string;
  values: Record<string, Value>;
}

interface Partition {
  rows: Map<string, Held>;
  /** The row keys in order; undefined after one was added or removed. */
  sorted: string[] | undefined;
}

export interface MemoryRowStore extends RowStore {
  /** Every row without its etag, by `table/partition/row`, in order. */
  dump(): Record<string, Row>;
  /** How many rows a table has. */
  count(table: Table): number;
  /** Empties a table, as losing it would. */
  lose(table: Table): void;
}

export function memoryRowStore(): MemoryRowStore {
  const shelf = newShelf();
  return {
    async get(table, key) {
      checkKey(key);
      const held = shelf.find(table, key);
      return held && toStoredRow(key, held, undefined);
    },
    async insert(table, key, values) {
      return shelf.change(table, key.partition, [{ kind: "insert", row: key.row, values }]);
    },
    async replace(table, key, values, etag) {
      shelf.expect(table, key, etag);
      return shelf.change(table, key.partition, [{ kind: "upsert", row: key.row, values }]);
    },
    async upsert(table, key, values) {
      shelf.change(table, key.partition, [{ kind: "upsert", row: key.row, values }]);
    },
    async delete(table, key, etag) {
      if (etag !== undefined) shelf.expect(table, key, etag);
      shelf.change(table, key.partition, [{ kind: "delete", row: key.row }]);
    },
    async batch(table, partition, writes) {
      shelf.change(table, partition, writes);
    },
    async *scan(table, partition, range = {}) {
      yield* shelf.scan(table, partition, range);
    },
    dump: shelf.dump,
    count: shelf.count,
    lose: shelf.lose,
  };
}

function newShelf() {
  const tables = new Map<Table, Map<string, Partition>>();
  let version = 0;

  const partitionOf = (table: Table, name: string): Partition => {
    const partitions = tables.get(table) ?? new Map<string, Partition>();
    tables.set(table, partitions);
    const partition = partitions.get(name) ?? { rows: new Map(), sorted: undefined };
    partitions.set(name, partition);
    return partition;
  };
  const find = (table: Table, key: Key) => tables.get(table)?.get(key.partition)?.rows.get(key.row);

  return {
    find,
    expect: (table: Table, key: Key, etag: string) => expectEtag(key, find(table, key), etag),
    /** Applies all writes or none; returns the etag of the last row written. */
    change(table: Table, name: string, writes: RowWrite[]): string {
      const partition = partitionOf(table, name);
      const after = plan(name, partition.rows, writes);
      for (const [row, values] of after) {
        if (values === undefined || !partition.rows.has(row)) partition.sorted = undefined;
        if (values === undefined) partition.rows.delete(row);
        else partition.rows.set(row, { etag: `W/"${++version}"`, values });
      }
      return `W/"${version}"`;
    },
    *scan(table: Table, name: string, range: ScanRange): Iterable<StoredRow> {
      checkKey({ partition: name, row: "any" });
      checkBound("from", range.from);
      checkBound("to", range.to);
      const partition = partitionOf(table, name);
      partition.sorted ??= [...partition.rows.keys()].sort();
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      for (const row of partition.sorted) {
        if (left <= 0 || (range.to !== undefined && row >= range.to)) return;
        const held = partition.rows.get(row);
        if (held === undefined || (range.from !== undefined && row < range.from)) continue;
        left -= 1;
        yield toStoredRow({ partition: name, row }, held, range.select);
      }
    },
    dump: () => dump(tables),
    count: (table: Table) => [...(tables.get(table)?.values() ?? [])].reduce((sum, { rows }) => sum + rows.size, 0),
    lose: (table: Table) => void tables.delete(table),
  };
}

/** Checks every write before any is applied; the values of each row afterwards, undefined for a deleted one. */
function plan(partition: string, rows: Map<string, Held>, writes: RowWrite[]) {
  const after = new Map<string, Record<string, Value> | undefined>();
  const checked = writes.map((write) => {
    const key = { partition, row: write.row };
    checkKey(key);
    return write.kind === "delete" ? write : { ...write, values: storable(key, write.values) };
  });
  checkBatch(partition, checked);
  for (const write of checked) {
    const key = { partition, row: write.row };
    const before = rows.get(write.row);
    if (write.kind === "insert" && before !== undefined)
      throw new MailkeepError("conflict", "the row is there already");
    if (write.kind === "merge" && before === undefined) throw new MailkeepError("not-found", "there is no such row");
    if (write.kind === "delete") after.set(write.row, undefined);
    else after.set(write.row, write.kind === "merge" ? { ...before?.values, ...write.values } : write.values);
    checkRow(key, after.get(write.row) ?? {});
  }
  return after;
}

function expectEtag(key: Key, held: Held | undefined, etag: string): void {
  checkKey(key);
  checkEtag(etag);
  if (held === undefined) throw new MailkeepError("not-found", "there is no such row");
  if (held.etag !== etag) throw new MailkeepError("precondition-failed", "the row has changed since it was read");
}

function toStoredRow(key: Key, held: Held, select: string[] | undefined): StoredRow {
  const wanted = Object.entries(held.values).filter(([name]) => select?.includes(name) ?? true);
  return { partition: key.partition, row: key.row, etag: held.etag, values: Object.fromEntries(wanted) };
}

function dump(tables: Map<Table, Map<string, Partition>>): Record<string, Row> {
  const rows: [string, Row][] = [];
  for (const [table, partitions] of tables)
    for (const [name, partition] of partitions)
      for (const [row, held] of partition.rows) rows.push([`${table}/${name}/${row}`, { ...held.values }]);
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}
