// What Table Storage refuses, checked by us before anything is sent: the emulator does not enforce it all, and an error
// found here names the field. https://learn.microsoft.com/azure/storage/tables/scalability-targets
import { MailkeepError } from "./errors.js";

type Values = Record<string, string | number | boolean | undefined>;
type StorableValues = Record<string, string | number | boolean>;

/** A key is at most 1,024 characters. */
const maxKeyUnits = 1_024;
/** A string property is at most 64 KiB in UTF-16. */
const maxStringUnits = 32_768;
/** An entity has at most 255 properties, of which PartitionKey, RowKey and Timestamp are the service's. */
const maxProperties = 252;
/** An entity is at most 1 MiB; {@link rowBytes} is how the service counts. */
const maxRowBytes = 1024 * 1024;
/** A transaction has at most 100 writes to one partition. */
const maxBatchWrites = 100;
/** The request that carries a transaction is at most 4 MiB. */
export const maxBatchBytes = 4 * 1024 * 1024;

/** Line start, headers, URL and boundary around each write of a transaction, apart from its keys and values; generous. */
const writeEnvelopeBytes = 1_024;
/** A UTF-16 unit takes at most 6 bytes as JSON (a `\u0000` escape). */
const maxJsonBytesPerUnit = 6;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the service refuses control characters in keys
const forbiddenInKeys = /[/\\#?\u0000-\u001f\u007f-\u009f]/;
const propertyName = /^[A-Za-z][A-Za-z0-9]{0,254}$/;
/** The service's own properties; `etag` is what the client library calls one of them. */
const reserved = new Set(["partitionkey", "rowkey", "timestamp", "etag"]);

/** @throws MailkeepError `invalid` with the field `partition` or `row`. */
export function checkKey(key: { partition: string; row: string }): void {
  checkKeyPart("partition", key.partition);
  checkKeyPart("row", key.row);
}

function checkKeyPart(field: "partition" | "row", text: string): void {
  const fault = (what: string) => new MailkeepError("invalid", `the ${field} key ${what}`, { field });
  if (text.length === 0) throw fault("is empty");
  if (text.length > maxKeyUnits) throw fault(`has ${text.length} characters; ${maxKeyUnits} are allowed`);
  if (forbiddenInKeys.test(text)) throw fault("has a character that is not allowed in keys (/ \\ # ? or control)");
  if (!text.isWellFormed()) throw fault("is not well-formed Unicode");
}

/** @throws MailkeepError `invalid` for an etag that stands for any version, or for none. */
export function checkEtag(etag: string): void {
  if (etag === "" || etag === "*")
    throw new MailkeepError("invalid", "the etag names no version of a row", { field: "etag" });
}

/** @throws MailkeepError `invalid` when a bound of a scan could not be asked for. */
export function checkBound(field: "from" | "to", bound: string | undefined): void {
  if (bound === undefined) return;
  if (bound.length > maxKeyUnits || !bound.isWellFormed())
    throw new MailkeepError("invalid", `the bound ${field} is too long or not well-formed Unicode`, { field });
}

/**
 * The values as they will be stored: without undefined ones, and with U+FFFD in place of a lone surrogate, because a
 * subject cut in half inside an emoji must not stop an archive.
 * @throws MailkeepError `invalid` for a bad name or number, `too-large` for a value or the whole row; with the field.
 */
export function storable(key: { partition: string; row: string }, values: Values): StorableValues {
  const stored = asStored(values);
  checkRow(key, stored);
  return stored;
}

function asStored(values: Values): StorableValues {
  let isStorable = true;
  const names = Object.keys(values);
  for (const name of names) {
    const value = values[name];
    if (value !== undefined) checkName(name);
    if (value === undefined || !Object.is(storableValue(name, value), value)) isStorable = false;
  }
  // Most rows can be stored as they are; a copy made property by property would be slow to write and to read.
  if (isStorable) return { ...values } as StorableValues;
  const stored: StorableValues = {};
  for (const name of names) {
    const value = values[name];
    if (value !== undefined) stored[name] = storableValue(name, value);
  }
  return stored;
}

/** @throws MailkeepError `too-large` when the row has too many properties or bytes. */
export function checkRow(key: { partition: string; row: string }, stored: StorableValues): void {
  const properties = Object.keys(stored).length;
  if (properties > maxProperties)
    throw new MailkeepError("too-large", `the row has ${properties} properties; ${maxProperties} are allowed`);
  const bytes = rowBytes(key, stored);
  if (bytes > maxRowBytes)
    throw new MailkeepError("too-large", `the row takes ${bytes} bytes; ${maxRowBytes} are allowed`);
}

/** Names come from our own code: some hundred in all. */
const goodNames = new Set<string>();

function checkName(name: string): void {
  if (goodNames.has(name)) return;
  if (!propertyName.test(name) || reserved.has(name.toLowerCase()))
    throw new MailkeepError("invalid", `${JSON.stringify(name)} cannot be the name of a property`, { field: name });
  goodNames.add(name);
}

function storableValue(name: string, value: string | number | boolean): string | number | boolean {
  if (typeof value === "string") {
    if (value.length > maxStringUnits)
      throw new MailkeepError(
        "too-large",
        `the property ${name} has ${value.length} characters; ${maxStringUnits} are allowed`,
        { field: name },
      );
    return value.isWellFormed() ? value : value.toWellFormed();
  }
  if (typeof value === "number" && !Number.isFinite(value))
    throw new MailkeepError("invalid", `the property ${name} is not a finite number`, { field: name });
  return value === 0 ? 0 : value;
}

/**
 * How the service counts an entity: 4 bytes, the keys in UTF-16, and for each property 8 bytes, its name in UTF-16 and
 * its value. https://learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage
 */
export function rowBytes(key: { partition: string; row: string }, values: Values): number {
  let bytes = 4 + 2 * (key.partition.length + key.row.length);
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) bytes += 8 + 2 * name.length + valueBytes(value);
  return bytes;
}

function valueBytes(value: string | number | boolean): number {
  if (typeof value === "string") return 4 + 2 * value.length;
  return typeof value === "number" ? 8 : 1;
}

/**
 * Checks a transaction whose values are {@link storable} already.
 * @throws MailkeepError `too-large` for over 100 writes or 4 MiB, `invalid` for a row named twice.
 */
export function checkBatch(partition: string, writes: { row: string; values?: Values }[]): void {
  if (writes.length > maxBatchWrites)
    throw new MailkeepError("too-large", `the batch has ${writes.length} writes; ${maxBatchWrites} are allowed`);
  const rows = new Set(writes.map((write) => write.row));
  if (rows.size !== writes.length) throw new MailkeepError("invalid", "the batch names a row twice", { field: "row" });
  const sizes = writes.map((write) => rowBytes({ partition, row: write.row }, write.values ?? {}));
  const envelope = writes.length * writeEnvelopeBytes;
  // Most batches are far below the limit even if every character took its longest form; only the others are measured.
  const atMost = sizes.reduce((sum, size) => sum + (size / 2) * maxJsonBytesPerUnit, envelope);
  if (atMost <= maxBatchBytes) return;
  const bytes = writes.reduce((sum, write) => sum + jsonBytes(partition, write), envelope);
  if (bytes > maxBatchBytes)
    throw new MailkeepError("too-large", `the batch takes ${bytes} bytes; ${maxBatchBytes} are allowed`);
}

function jsonBytes(partition: string, write: { row: string; values?: Values }): number {
  return Buffer.byteLength(JSON.stringify({ partition, row: write.row, ...write.values }));
}
