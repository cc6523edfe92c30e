// Brings the tables of a mailbox up to its ledger, or grows them anew from it alone.
import { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { type ReadRecord, readRecord } from "../ledger/journal.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { inBatches } from "./batches.js";
import { saveCursors } from "./cursors.js";
import { type Applied, loadApplied, saveApplied } from "./messages.js";
import { applyToQuarantine, type OwedPlace, owedPlaces } from "./quarantine.js";
import { catalogWrites } from "./rows.js";
import { applyWaiting } from "./waiting.js";

export interface Stores {
  blobs: BlobStore;
  rows: RowStore;
}

/**
 * Applies every ledger record the tables do not hold yet and returns where they are now. With empty tables this regrows
 * them. `onRecord` hears of each record applied.
 * @throws corrupt when a record does not follow the one before it, or the last one known is not in the container.
 */
export async function bringUpToDate(
  mailbox: MailboxId,
  stores: Stores,
  onRecord: (record: LedgerRecord) => void = () => {},
): Promise<Applied> {
  let applied = await loadApplied(stores.rows, mailbox);
  await checkHead(mailbox, applied, stores.blobs);
  let owed: Map<string, OwedPlace> | undefined;
  for (;;) {
    const next = await readRecord(stores.blobs, mailbox, applied.head.seq + 1);
    if (next === undefined) return applied;
    if (next.record.previous !== applied.head.sha256 || next.record.mailbox !== mailbox)
      throw new MailkeepError(
        "corrupt",
        `ledger record ${next.head.seq} of mailbox ${mailbox} does not follow the one before it`,
        {
          reason: "LEDGER_CHAIN_BROKEN",
        },
      );
    owed ??= await owedPlaces(stores.rows, mailbox);
    applied = await applyRecord(next, applied, owed, stores.rows);
    onRecord(next.record);
  }
}

/** Tables that know of mail which the container does not hold would call a mailbox archived that is not. */
async function checkHead(mailbox: MailboxId, { head }: Applied, blobs: BlobStore): Promise<void> {
  if (head.seq === 0) return;
  const last = await readRecord(blobs, mailbox, head.seq);
  if (last?.head.sha256 === head.sha256) return;
  const what = last === undefined ? "is not there" : "is another one";
  const message = `the tables know ledger record ${head.seq} of mailbox ${mailbox}, and in the container it ${what}`;
  throw new MailkeepError("corrupt", message, { reason: "LEDGER_BEHIND_TABLES" });
}

/**
 * Catalog rows, quarantine, waiting messages, cursors, then the head that says so: a crash in between leaves the record to
 * be applied again, to the same rows. `owed` holds the ids in quarantine with their places, and is kept up to date.
 */
export async function applyRecord(
  { record, head }: ReadRecord,
  before: Applied,
  owed: Map<string, OwedPlace>,
  rows: RowStore,
): Promise<Applied> {
  const { mailbox } = record;
  await inBatches(rows, "messages", mailbox, catalogWrites(record));
  await applyToQuarantine(rows, record, owed);
  await applyWaiting(rows, record);
  await saveCursors(rows, mailbox, record.cursors);
  const after = {
    head,
    messages: before.messages + record.stored.length,
    bytes: before.bytes + record.stored.reduce((sum, { size }) => sum + size, 0),
  };
  await saveApplied(rows, mailbox, after);
  return after;
}
