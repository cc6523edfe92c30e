// A whole ledger, read to its very end or not at all: what decides about removal must have seen every reference.
import { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { emptyLedger, type LedgerHead, readRecord } from "../ledger/journal.js";
import { type LedgerRecord, ledgerName, ledgerPrefix } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";

/**
 * Every record after `from`; returns the head.
 * @throws corrupt (LEDGER_CHAIN_BROKEN) when a record is missing or follows another one than it says
 */
export async function readLedger(
  blobs: BlobStore,
  mailbox: MailboxId,
  onRecord: (record: LedgerRecord) => void,
  from: LedgerHead = emptyLedger,
): Promise<LedgerHead> {
  await checkBegin(blobs, mailbox, from);
  let head = from;
  for (;;) {
    const next = await readRecord(blobs, mailbox, head.seq + 1);
    if (next === undefined) {
      const later = await firstAfter(blobs, mailbox, head.seq);
      if (later === undefined) return head;
      // One that was committed in between is read like any other; anything beyond it is a gap.
      if (later !== ledgerName(mailbox, head.seq + 1)) throw broken(mailbox, head.seq + 1);
      continue;
    }
    const { record } = next;
    if (record.previous !== head.sha256 || record.mailbox !== mailbox || record.seq !== head.seq + 1)
      throw broken(mailbox, head.seq + 1);
    onRecord(record);
    head = next.head;
  }
}

async function checkBegin(blobs: BlobStore, mailbox: MailboxId, { seq, sha256 }: LedgerHead): Promise<void> {
  if (seq !== 0 && (await readRecord(blobs, mailbox, seq))?.head.sha256 !== sha256) throw broken(mailbox, seq);
}

async function firstAfter(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<string | undefined> {
  for await (const { name } of blobs.list(ledgerPrefix(mailbox), ledgerName(mailbox, seq))) return name;
  return undefined;
}

const broken = (mailbox: MailboxId, seq: number) =>
  new MailkeepError(
    "corrupt",
    `ledger record ${seq} of mailbox ${mailbox} is missing or does not follow the one before it; verify the archive`,
    { reason: "LEDGER_CHAIN_BROKEN" },
  );
