// The proof of one message: from its hash to the Merkle root of its record, and from the record to the newest one.
import type { Sha256 } from "../core/digest.js";
import { sha256 } from "../core/digest.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import { firstHeadOver, type ProvingHead } from "../heads/prove.js";
import { decodeRecord } from "../ledger/codec.js";
import { inclusionProof, merkleRoot } from "../ledger/merkle.js";
import { type LedgerRecord, ledgerName } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { archiveCorrupt } from "../reading/corrupt.js";
import { findMessage } from "../reading/stored-message.js";

/** So many records after the message's own are read for one proof; the hash of the last one vouches for all before it. */
export const longestProofChain = 200;
/** Records read at once. */
const atOnce = 4;

/** All that is needed beside the message's bytes and a record hash kept elsewhere; lib/verify/mailkeep-verify.mjs checks it. */
export interface MessageProof {
  format: "mailkeep-proof";
  formatVersion: 1;
  mailbox: MailboxId;
  message: { key: MessageKey; sha256: Sha256; size: number };
  /** RFC 6962 section 2.1.1 over the messages of the record: the hashes from the leaf to the root, lowest first. */
  inclusion: { index: number; count: number; path: string[]; root: Sha256 };
  /** When the record that stored the message was committed, ISO 8601. */
  storedAt: string;
  /** The record that stored the message, then those after it, each naming the one before as its predecessor. */
  chain: { seq: number; sha256: Sha256 }[];
  /** False: there are later records than the chain names. */
  complete: boolean;
  /** The first daily head that vouches for the record; null while there is none. */
  head: ProvingHead | null;
}

/**
 * @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND); `corrupt` (ARCHIVE_CORRUPT) when the ledger cannot prove it: a proof
 * is only given of what was just found to be right
 */
export async function proveMessage(
  { blobs, rows }: { blobs: BlobStore; rows: RowStore },
  mailbox: MailboxId,
  key: MessageKey,
): Promise<MessageProof> {
  const { row } = await findMessage(rows, mailbox, key);
  const first = await readLink(blobs, mailbox, Number(row.seq));
  if (first === undefined) throw archiveCorrupt(`ledger record ${row.seq} is missing`);
  const { record } = first;
  const index = record.stored.findIndex((message) => message.key === key);
  const message = record.stored[index];
  const hashes = record.stored.map((stored) => stored.sha256);
  const root = merkleRoot(hashes);
  if (message === undefined || message.sha256 !== row.sha256)
    throw archiveCorrupt(`ledger record ${record.seq} does not tell of message ${key} what the catalog does`);
  if (record.pack?.merkleRoot !== root)
    throw archiveCorrupt(`the Merkle root of ledger record ${record.seq} is not that of its messages`);
  const path = inclusionProof(
    hashes.map((hash) => Buffer.from(hash, "hex")),
    index,
  );
  const { chain, complete } = await chainFrom(blobs, mailbox, first);
  const head = await firstHeadOver(blobs, { mailbox, seq: record.seq, time: record.time });
  // A head that the chain contradicts, or does not reach, vouches for nothing here.
  const reached = chain.some(({ seq, sha256: hash }) => seq === head?.entry.seq && hash === head.entry.sha256);
  return {
    format: "mailkeep-proof",
    formatVersion: 1,
    mailbox,
    message: { key, sha256: message.sha256, size: message.size },
    inclusion: { index, count: hashes.length, path: path.map((hash) => hash.toString("hex")), root },
    storedAt: record.time,
    chain,
    complete,
    head: reached && head !== undefined ? head : null,
  };
}

interface Link {
  record: LedgerRecord;
  seq: number;
  sha256: Sha256;
}

/** A record as it lies at its place; undefined when there is none. */
async function readLink(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<Link | undefined> {
  try {
    const { bytes } = await blobs.get(ledgerName(mailbox, seq));
    const record = decodeRecord(bytes);
    if (record.seq === seq && record.mailbox === mailbox) return { record, seq, sha256: sha256(bytes) };
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return undefined;
    if (!isMailkeepError(error, "corrupt")) throw error;
    throw archiveCorrupt(`ledger record ${seq} cannot be read: ${error.message}`, error);
  }
  throw archiveCorrupt(`ledger record ${seq} is another one than its name says`);
}

async function chainFrom(
  blobs: BlobStore,
  mailbox: MailboxId,
  first: Link,
): Promise<Pick<MessageProof, "chain" | "complete">> {
  const chain = [{ seq: first.seq, sha256: first.sha256 }];
  for (let from = first.seq + 1; ; from += atOnce) {
    const some = Array.from({ length: atOnce }, (_, index) => readLink(blobs, mailbox, from + index));
    for (const link of await Promise.all(some)) {
      if (link === undefined) return { chain, complete: true };
      if (chain.length > longestProofChain) return { chain, complete: false };
      if (link.record.previous !== chain.at(-1)?.sha256)
        throw archiveCorrupt(`ledger record ${link.seq} does not follow the one before it`);
      chain.push({ seq: link.seq, sha256: link.sha256 });
    }
  }
}
