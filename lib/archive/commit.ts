// Writes down what was read, in the one order that is safe: pack, ledger record (the commit), catalog rows, cursors. Attachment
// blobs are there before a message reaches a batch. (Deletions and joined packs write their own records, which store no message.)

import { saveCursors } from "../catalog/cursors.js";
import type { Applied } from "../catalog/messages.js";
import type { OwedPlace } from "../catalog/quarantine.js";
import { applyRecord } from "../catalog/replay.js";
import type { MailboxId, RunId } from "../core/ids.js";
import { count } from "../core/scope.js";
import type { Clock } from "../core/time.js";
import { appendRecord, type ReadRecord } from "../ledger/journal.js";
import { type LedgerRecord, packName, packPath, program } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import type { Contents } from "./batch.js";

export interface CommitDeps {
  blobs: BlobStore;
  rows: RowStore;
  clock: Clock;
}

export interface CommitPlace {
  mailbox: MailboxId;
  run: RunId;
  /** Ids in quarantine with their places; kept up to date. */
  owed: Map<string, OwedPlace>;
  /** Throws when the mailbox is another worker's by now: nothing may be written any more. */
  assertOurs(): void;
}

/**
 * Makes one batch durable and returns where the tables are after it, with the record if one was written.
 * @throws conflict when another worker committed first: the pack is an orphan then, and nothing refers to it.
 */
export async function commit(
  contents: Contents,
  before: Applied,
  place: CommitPlace,
  deps: CommitDeps,
): Promise<{ applied: Applied; record: LedgerRecord | undefined }> {
  place.assertOurs();
  if (contents.pack === undefined && contents.events.length === 0) {
    await saveCursors(deps.rows, place.mailbox, contents.marks);
    return { applied: before, record: undefined };
  }
  const committed = await writeRecord(contents, before, place, deps);
  countCommit(contents);
  // Whoever took over has applied the record, and more after it: its rows must not be set back.
  place.assertOurs();
  const applied = await applyRecord(committed, before, place.owed, deps.rows);
  return { applied, record: committed.record };
}

/** For the log of the work: what became durable just now. */
function countCommit({ stored, events }: Contents): void {
  count("commits");
  count("messages", stored.length);
  count(
    "bytes",
    stored.reduce((sum, { size }) => sum + size, 0),
  );
  const failed = events.filter((event) => event.kind === "quarantined" && event.counted !== true);
  count("quarantined", failed.length);
  count("newInQuarantine", failed.filter((event) => event.kind === "quarantined" && event.attempts === 1).length);
}

async function writeRecord(
  contents: Contents,
  before: Applied,
  { mailbox, run }: CommitPlace,
  { blobs, clock }: CommitDeps,
): Promise<ReadRecord> {
  const seq = before.head.seq + 1;
  const { pack } = contents;
  const name = pack && packName(seq, pack.sha256);
  if (pack && name) await blobs.putIfAbsent(packPath(mailbox, name), pack.bytes, { contentType: "application/zip" });
  contents.pack = undefined; // megabytes that nobody needs while the record and the tables are written
  const record: LedgerRecord = {
    format: "mailkeep-ledger",
    formatVersion: 1,
    mailbox,
    seq,
    previous: before.head.sha256,
    pack: pack && name ? { name, sha256: pack.sha256, size: pack.bytes.length, merkleRoot: pack.merkleRoot } : null,
    stored: contents.stored,
    events: contents.events,
    cursors: contents.marks,
    run,
    time: clock.now().toISOString(),
    program,
  };
  return { record, head: await appendRecord(blobs, record) };
}
