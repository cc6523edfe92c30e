// Verifications and their parts as rows of `runs`: all verifications in one partition, newest first; each has its own of parts.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId, VerificationId } from "../core/ids.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import type { Verification, VerifyPart } from "./verification.js";

const partition = "verify";
/** A property holds 32,768 characters; a part with all its findings needs a few. */
const pieceLength = 32_000;

export interface Versioned<T> {
  value: T;
  etag: string;
}

function toValues(value: Verification | VerifyPart): Row {
  const json = JSON.stringify(value);
  const values: Row = { status: value.status };
  for (let at = 0, n = 1; at < json.length; at += pieceLength, n++)
    values[`json${n}`] = json.slice(at, at + pieceLength);
  return values;
}

function fromRow<T>({ values, etag }: StoredRow): Versioned<T> {
  let json = "";
  for (let n = 1; values[`json${n}`] !== undefined; n++) json += String(values[`json${n}`]);
  return { value: JSON.parse(json) as T, etag };
}

export async function insertVerification(rows: RowStore, verification: Verification): Promise<void> {
  await rows.insert("runs", { partition, row: verification.id }, toValues(verification));
}

export async function findVerification(
  rows: RowStore,
  id: VerificationId,
): Promise<Versioned<Verification> | undefined> {
  const row = await rows.get("runs", { partition, row: id });
  return row && fromRow<Verification>(row);
}

/** @throws not-found (VERIFICATION_NOT_FOUND) */
export async function getVerification(rows: RowStore, id: VerificationId): Promise<Verification> {
  const found = await findVerification(rows, id);
  if (found === undefined) throw missing(id);
  return found.value;
}

const missing = (id: VerificationId) =>
  new MailkeepError("not-found", `no verification ${id}`, { reason: "VERIFICATION_NOT_FOUND" });

/** Newest first. */
export async function* listVerifications(rows: RowStore): AsyncIterable<Verification> {
  for await (const row of rows.scan("runs", partition)) yield fromRow<Verification>(row).value;
}

/** Changes it under optimistic concurrency; `change` returns undefined to leave it. @throws not-found */
export async function changeVerification(
  rows: RowStore,
  id: VerificationId,
  change: (verification: Verification) => Verification | undefined,
): Promise<Verification> {
  for (let tries = 1; ; tries++) {
    const found = await findVerification(rows, id);
    if (found === undefined) throw missing(id);
    const changed = change(found.value);
    if (changed === undefined) return found.value;
    try {
      await rows.replace("runs", { partition, row: id }, toValues(changed), found.etag);
      return changed;
    } catch (error) {
      if (!isMailkeepError(error, "precondition-failed") || tries === 8) throw error;
    }
  }
}

/** Adds the part unless it is there: starting again after a crash must not reset one already at work. */
export async function insertPart(rows: RowStore, part: VerifyPart): Promise<void> {
  try {
    await rows.insert("runs", { partition: part.verification, row: part.mailbox }, toValues(part));
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
  }
}

export async function findPart(
  rows: RowStore,
  id: VerificationId,
  mailbox: MailboxId,
): Promise<Versioned<VerifyPart> | undefined> {
  const row = await rows.get("runs", { partition: id, row: mailbox });
  return row && fromRow<VerifyPart>(row);
}

export async function* listParts(rows: RowStore, id: VerificationId, after?: string): AsyncIterable<VerifyPart> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", id, range)) yield fromRow<VerifyPart>(row).value;
}

/**
 * Replaces the part if it still is the version of `etag`; undefined when somebody else changed it. A write whose answer was
 * lost and that finds itself counts as done.
 */
export async function replacePart(rows: RowStore, part: VerifyPart, etag: string): Promise<string | undefined> {
  try {
    const key = { partition: part.verification, row: part.mailbox };
    return await rows.replace("runs", key, toValues(part), etag);
  } catch (error) {
    if (!isMailkeepError(error, "precondition-failed")) throw error;
    const now = await findPart(rows, part.verification, part.mailbox);
    return now !== undefined && JSON.stringify(now.value) === JSON.stringify(part) ? now.etag : undefined;
  }
}
