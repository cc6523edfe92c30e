// A row as the client library's entity and back.
import type { TableEntity } from "@azure/data-tables";
import { MailkeepError } from "../../core/errors.js";
import type { Key, Row, StoredRow, Value } from "../../ports/row-store.js";

const maxInt32 = 2 ** 31 - 1;

/** Strings go without a type, so a date or a GUID stays the text it is. */
export function toEntity(key: Key, values: Row): TableEntity {
  const entity: TableEntity = { partitionKey: key.partition, rowKey: key.row };
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) entity[name] = typeof value === "number" ? numberOf(value) : value;
  return entity;
}

/** An untyped number must fit Int32, or the service refuses it; all others are said to be doubles. */
function numberOf(value: number): number | { type: "Double"; value: number } {
  return isInt32(value) ? value : { type: "Double", value };
}

export const isInt32 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= maxInt32;

/** What the service adds to our properties. */
const ownedByService = new Set(["partitionKey", "rowKey", "timestamp", "etag"]);

/** @throws MailkeepError `corrupt` when a property has a type that we never write. */
export function toStoredRow(entity: Record<string, unknown>): StoredRow {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(entity)) {
    // A selected property that the row does not have comes back as null.
    if (ownedByService.has(name) || name.startsWith("odata.") || value === null || value === undefined) continue;
    values[name] = toValue(name, value);
  }
  return {
    partition: String(entity.partitionKey),
    row: String(entity.rowKey),
    etag: typeof entity.etag === "string" ? entity.etag : "",
    values,
  };
}

function toValue(name: string, value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return Number(value);
  throw new MailkeepError("corrupt", `the property ${name} of a row has a type that is never written`, { field: name });
}
