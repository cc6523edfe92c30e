// The ledger's own word on one message, for what a catalog row cannot hold.
import { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { readRecord } from "../ledger/journal.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row } from "../ports/row-store.js";
import { archiveCorrupt } from "./corrupt.js";

/** Reads the messages of ledger records; the record read last is kept, because neighbours are often asked for together. */
export interface LedgerEntries {
  /** @throws MailkeepError `corrupt` (ARCHIVE_CORRUPT) when the ledger does not have what the row says */
  of(row: Row): Promise<MessageRecord>;
  /** Whether {@link of} needs no reading. */
  has(row: Row): boolean;
}

export function ledgerEntries(blobs: BlobStore, mailbox: MailboxId): LedgerEntries {
  let last: LedgerRecord | undefined;
  return {
    has: (row) => last?.seq === Number(row.seq),
    async of(row) {
      const seq = Number(row.seq);
      if (last?.seq !== seq) last = await readWhole(blobs, mailbox, seq);
      const message = last.stored.find(({ key }) => key === row.key);
      if (message === undefined || message.sha256 !== row.sha256)
        throw archiveCorrupt(`ledger record ${seq} does not tell of message ${row.key} what the catalog does`);
      return message;
    },
  };
}

async function readWhole(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<LedgerRecord> {
  const found = await readRecord(blobs, mailbox, seq).catch((error: unknown) => {
    if (error instanceof MailkeepError && error.code === "corrupt")
      throw archiveCorrupt(`ledger record ${seq} cannot be read: ${error.message}`, error);
    throw error;
  });
  if (found === undefined) throw archiveCorrupt(`ledger record ${seq} is missing`);
  return found.record;
}
