// Rows on Table Storage.
import type { TableClient, TableEntity } from "@azure/data-tables";
import { isMailkeepError, MailkeepError } from "../../core/errors.js";
import { ownTurn } from "../../core/own-turn.js";
import { checkBatch, checkBound, checkEtag, checkKey, storable } from "../../core/row-limits.js";
import type { Key, Row, RowStore, RowWrite, Table } from "../../ports/row-store.js";
import { toEntity, toStoredRow } from "./entity.js";
import { inTime, translating } from "./errors.js";
import { scanRows } from "./row-scan.js";
import { sendTransaction } from "./row-transaction.js";

export function azureRowStore(tableOf: (name: Table) => TableClient): RowStore {
  return {
    async get(table, key) {
      checkKey(key);
      const entity = await unlessAbsent(
        translating("read a row", () => tableOf(table).getEntity(key.partition, key.row, inTime())),
      );
      return entity && toStoredRow(entity);
    },
    async insert(table, key, values) {
      const entity = checkedEntity(key, values);
      const answer = await translating("insert a row", () => tableOf(table).createEntity(entity, inTime()));
      return etagOf(answer);
    },
    async replace(table, key, values, etag) {
      checkEtag(etag);
      const entity = checkedEntity(key, values);
      const options = { etag, ...inTime() };
      const answer = await translating("replace a row", () => tableOf(table).updateEntity(entity, "Replace", options));
      return etagOf(answer);
    },
    async upsert(table, key, values) {
      const entity = checkedEntity(key, values);
      await translating("write a row", () => tableOf(table).upsertEntity(entity, "Replace", inTime()));
    },
    async delete(table, key, etag) {
      checkKey(key);
      if (etag !== undefined) checkEtag(etag);
      const options = { ...(etag !== undefined && { etag }), ...inTime() };
      const deleted = translating("delete a row", () => tableOf(table).deleteEntity(key.partition, key.row, options));
      await (etag === undefined ? unlessAbsent(deleted) : deleted);
    },
    async batch(table, partition, writes) {
      await ownTurn();
      await submit(tableOf(table), partition, checkedWrites(partition, writes));
    },
    scan(table, partition, range = {}) {
      checkKey({ partition, row: "any" });
      checkBound("from", range.from);
      checkBound("to", range.to);
      return scanRows(tableOf(table), partition, range);
    },
  };
}

function checkedEntity(key: Key, values: Row): TableEntity {
  checkKey(key);
  return toEntity(key, storable(key, values));
}

function checkedWrites(partition: string, writes: RowWrite[]): RowWrite[] {
  const checked = writes.map((write) => {
    const key = { partition, row: write.row };
    checkKey(key);
    return write.kind === "delete" ? write : { ...write, values: storable(key, write.values) };
  });
  checkBatch(partition, checked);
  return checked;
}

/**
 * The service refuses a whole transaction that deletes an absent row; the port calls that harmless. So such deletes are
 * left out and the rest, still as one transaction, is sent again. Each round has fewer writes, so it ends.
 */
async function submit(table: TableClient, partition: string, writes: RowWrite[]): Promise<void> {
  if (writes.length === 0) return;
  try {
    await translating("write a batch of rows", () => sendTransaction(table, partition, writes));
  } catch (error) {
    if (!isMailkeepError(error, "not-found")) throw error;
    const absent = await absentRows(table, partition, writes);
    if (absent.size === 0) throw error;
    const rest = writes.filter((write) => write.kind !== "delete" || !absent.has(write.row));
    await submit(table, partition, rest);
  }
}

/** Which of the rows to be deleted are not there. */
async function absentRows(table: TableClient, partition: string, writes: RowWrite[]): Promise<Set<string>> {
  const rows = writes.filter((write) => write.kind === "delete").map((write) => write.row);
  const found = await Promise.all(
    rows.map((row) => {
      const options = { queryOptions: { select: ["RowKey"] }, ...inTime() };
      return unlessAbsent(translating("read a row", () => table.getEntity(partition, row, options)));
    }),
  );
  return new Set(rows.filter((_, index) => found[index] === undefined));
}

/** Undefined only when the service says that the row is absent; any other failure is thrown. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return undefined;
    throw error;
  }
}

function etagOf(answer: { etag?: string }): string {
  if (answer.etag === undefined) throw new MailkeepError("unavailable", "storage wrote a row but sent no etag");
  return answer.etag;
}
