// The ledger of one mailbox in the container: read records, find the head, append.

import type { Sha256 } from "../core/digest.js";
import { sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { ownTurn } from "../core/own-turn.js";
import type { BlobStore } from "../ports/blob-store.js";
import { decodeRecord, encodeRecord } from "./codec.js";
import { type LedgerRecord, ledgerName, ledgerPrefix } from "./record.js";

/** The last record: its number and the hash of its stored bytes. Seq 0 is the empty ledger. */
export interface LedgerHead {
  seq: number;
  sha256: Sha256 | null;
}

export const emptyLedger: LedgerHead = { seq: 0, sha256: null };

export interface ReadRecord {
  record: LedgerRecord;
  head: LedgerHead;
}

/** The record with this number; undefined when the ledger ends before it. */
export async function readRecord(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<ReadRecord | undefined> {
  const name = ledgerName(mailbox, seq);
  try {
    const { bytes } = await blobs.get(name);
    return { record: decodeRecord(bytes), head: { seq, sha256: sha256(bytes) } };
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return undefined;
    throw error;
  }
}

/**
 * Commits a record as `seq`.
 * @throws conflict when another worker has committed that number first.
 */
export async function appendRecord(blobs: BlobStore, record: LedgerRecord): Promise<LedgerHead> {
  await ownTurn();
  const { bytes, sha256: hash } = encodeRecord(record);
  const name = ledgerName(record.mailbox, record.seq);
  const head = { seq: record.seq, sha256: hash };
  if (await blobs.putIfAbsent(name, bytes, { contentType: "application/gzip" })) return head;
  // A lost answer and a retry look like somebody else's record: only the bytes tell.
  const { bytes: present } = await blobs.get(name);
  if (sha256(present) === hash) return head;
  throw new MailkeepError("conflict", `another worker committed ledger record ${record.seq} of this mailbox first`, {
    reason: "LEDGER_RECORD_TAKEN",
  });
}

/** Whether the ledger of a mailbox has any record at all. */
export async function hasLedger(blobs: BlobStore, mailbox: MailboxId): Promise<boolean> {
  for await (const _ of blobs.list(ledgerPrefix(mailbox))) return true;
  return false;
}
