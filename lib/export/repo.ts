// Exports as rows: one partition of the table `runs`, newest first; and the JSON they keep beside their blob.
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ExportId } from "../core/ids.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import type { Export } from "./export.js";

const partition = "exports";
/** A property holds 32,768 characters. */
const pieceLength = 32_000;

function toRow(value: Export): Row {
  const json = JSON.stringify(value);
  const row: Row = { status: value.status };
  for (let at = 0, n = 1; at < json.length; at += pieceLength, n++) row[`json${n}`] = json.slice(at, at + pieceLength);
  return row;
}

function fromRow({ values }: StoredRow): Export {
  let json = "";
  for (let n = 1; values[`json${n}`] !== undefined; n++) json += String(values[`json${n}`]);
  return JSON.parse(json) as Export;
}

export async function insertExport(rows: RowStore, value: Export): Promise<void> {
  try {
    await rows.insert("runs", { partition, row: value.id }, toRow(value));
  } catch (error) {
    // The answer to our own write may have been lost, and the write repeated.
    const found = isMailkeepError(error, "conflict") ? await findExport(rows, value.id) : undefined;
    if (JSON.stringify(found) !== JSON.stringify(value)) throw error;
  }
}

export const forgetExport = (rows: RowStore, id: ExportId): Promise<void> =>
  rows.delete("runs", { partition, row: id });

export async function findExport(rows: RowStore, id: ExportId): Promise<Export | undefined> {
  const row = await rows.get("runs", { partition, row: id });
  return row && fromRow(row);
}

/** Newest first. */
export async function* listExports(rows: RowStore, after?: string): AsyncIterable<Export> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", partition, range)) yield fromRow(row);
}

const conflictTries = 8;

/**
 * Changes an export under optimistic concurrency; `change` may be called again with the newest state, and returns undefined
 * to leave it. @throws not-found (EXPORT_NOT_FOUND)
 */
export async function changeExport(
  rows: RowStore,
  id: ExportId,
  change: (value: Export) => Export | undefined,
): Promise<Export> {
  let attempted: string | undefined;
  for (let tries = 1; ; tries++) {
    const row = await rows.get("runs", { partition, row: id });
    if (row === undefined) throw notFound(id);
    const found = fromRow(row);
    // A write whose answer was lost is repeated and then refused: what it wanted is there already.
    if (attempted === JSON.stringify(found)) return found;
    const changed = change(found);
    if (changed === undefined) return found;
    attempted = JSON.stringify(changed);
    try {
      await rows.replace("runs", { partition, row: id }, toRow(changed), row.etag);
      return changed;
    } catch (error) {
      if (!isMailkeepError(error, "precondition-failed") || tries === conflictTries) throw error;
    }
  }
}

export const notFound = (id: ExportId): MailkeepError =>
  new MailkeepError("not-found", `no export ${id}`, { reason: "EXPORT_NOT_FOUND" });

const zipped = promisify(gzip);
const unzipped = promisify(gunzip);

export async function putJson(store: ExportStore, name: string, value: unknown): Promise<void> {
  const bytes = await zipped(JSON.stringify(value), { level: 3 });
  await store.putIfAbsent(name, bytes, { contentType: "application/gzip" });
}

export async function getJson<T>(store: ExportStore, name: string): Promise<T> {
  const { bytes } = await store.get(name);
  return JSON.parse((await unzipped(bytes)).toString("utf8")) as T;
}
