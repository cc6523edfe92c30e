// Rows of one partition, page by page.
import { odata, type TableClient } from "@azure/data-tables";
import type { ScanRange, StoredRow } from "../../ports/row-store.js";
import { toStoredRow } from "./entity.js";
import { inTime, translating } from "./errors.js";

/** A page has at most 1,000 entities. https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination */
const pageRows = 1_000;

export async function* scanRows(table: TableClient, partition: string, range: ScanRange): AsyncIterable<StoredRow> {
  const { limit = Number.POSITIVE_INFINITY } = range;
  let left = limit;
  let continuationToken: string | undefined;
  while (left > 0) {
    const page = await readPage(table, queryOf(partition, range), {
      maxPageSize: Math.min(pageRows, left),
      continuationToken,
    });
    for (const row of page.rows) yield row;
    left -= page.rows.length;
    // A page may be short, even empty, and still have a next one.
    if (page.continuationToken === undefined) return;
    continuationToken = page.continuationToken;
  }
}

function queryOf(partition: string, { from, to, select }: ScanRange): { filter: string; select?: string[] } {
  const conditions = [odata`PartitionKey eq ${partition}`];
  if (from !== undefined) conditions.push(odata`RowKey ge ${from}`);
  if (to !== undefined) conditions.push(odata`RowKey lt ${to}`);
  return {
    filter: conditions.join(" and "),
    ...(select && { select: ["PartitionKey", "RowKey", ...select] }),
  };
}

async function readPage(
  table: TableClient,
  queryOptions: { filter: string; select?: string[] },
  { maxPageSize, continuationToken }: { maxPageSize: number; continuationToken: string | undefined },
): Promise<{ rows: StoredRow[]; continuationToken: string | undefined }> {
  const settings = { maxPageSize, ...(continuationToken !== undefined && { continuationToken }) };
  const pages = table.listEntities({ queryOptions, ...inTime() }).byPage(settings);
  const { done, value: page } = await translating("list rows", () => pages.next());
  if (done) return { rows: [], continuationToken: undefined };
  return { rows: page.map(toStoredRow), continuationToken: page.continuationToken || undefined };
}
