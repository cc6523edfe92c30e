// Ledger records as stored bytes: one gzipped JSON document, the same bytes for the same record.
import { gunzipSync, gzipSync } from "node:zlib";
import { type Sha256, sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { LedgerRecord } from "./record.js";

/** A larger record is neither written nor read: 2,000 messages need about 3 MiB, and a bomb must not fill the memory. */
export const longestRecordBytes = 256 * 1024 * 1024;

/**
 * The bytes to store and their SHA-256, which the next record names as `previous`. Keys stand in the order of the schema.
 * @throws MailkeepError `invalid` when the record could not be read back, `too-large` over {@link longestRecordBytes}
 */
export function encodeRecord(record: LedgerRecord): { bytes: Uint8Array; sha256: Sha256 } {
  const parsed = LedgerRecord.safeParse(record);
  if (!parsed.success) throw new MailkeepError("invalid", `ledger record: ${where(parsed.error)}`);
  const json = Buffer.from(JSON.stringify(parsed.data));
  if (json.length > longestRecordBytes) throw new MailkeepError("too-large", `ledger record of ${json.length} bytes`);
  // gzipSync writes 0 for the time in the header (RFC 1952 section 2.3.1), so the bytes depend on the record alone.
  const bytes = gzipSync(json);
  return { bytes, sha256: sha256(bytes) };
}

/** @throws MailkeepError `corrupt` when the bytes are not a record of format version 1 */
export function decodeRecord(bytes: Uint8Array): LedgerRecord {
  const parsed = LedgerRecord.safeParse(json(bytes));
  if (!parsed.success) throw damaged(where(parsed.error));
  return parsed.data;
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength: longestRecordBytes }).toString("utf8"));
  } catch (cause) {
    // A message of JSON.parse may quote what it read, and that is mail: it stays out of the error.
    throw damaged(`not gzipped JSON (${codeOf(cause)})`);
  }
}

const damaged = (how: string): MailkeepError =>
  new MailkeepError("corrupt", `ledger record: ${how}`, { reason: "LEDGER_RECORD_DAMAGED" });

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? "it does not parse";

/** Names the wrong fields, never their values. */
const where = (error: { issues: { path: PropertyKey[]; code?: string }[] }): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.join(".")} (${code})`)
    .join(", ");
