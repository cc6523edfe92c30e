// What an auditor can read back: every committed message's bytes, spliced from pack and attachments, by ledger alone.
import { sha256 } from "../../lib/core/digest.js";
import type { MailboxId } from "../../lib/core/ids.js";
import { readRecord } from "../../lib/ledger/journal.js";
import { attachmentPath, type LedgerRecord, packPath, repackOf } from "../../lib/ledger/record.js";
import { decodeAttachment } from "../../lib/pack/attachment.js";
import type { Entry } from "../../lib/pack/manifest.js";
import { entryRange, readEntry } from "../../lib/pack/reader.js";
import { spliceBytes } from "../../lib/pack/splice.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";

export interface ReadBack {
  /** sha256 of the bytes read back, by immutable id; an id stored twice is listed twice. */
  stored: { id: string; sha256: string; folderPath: string }[];
  records: LedgerRecord[];
}

export async function readBack(blobs: BlobStore, mailbox: MailboxId): Promise<ReadBack> {
  const result: ReadBack = { stored: [], records: await allRecords(blobs, mailbox) };
  for (const record of result.records)
    for (const message of record.stored) {
      const { pack, entry } = placeNow(result.records, message.key, record);
      const { offset, length } = entryRange(entry);
      const skeleton = await readEntry(await blobs.getRange(packPath(mailbox, pack), offset, length), entry);
      const cuts = await Promise.all(
        message.cuts.map(async (cut) => {
          const { bytes, contentEncoding } = await blobs.get(attachmentPath(cut.sha256));
          return { cut, content: await decodeAttachment(bytes, contentEncoding, cut.size) };
        }),
      );
      const bytes = spliceBytes(skeleton, cuts);
      if (sha256(bytes) !== message.sha256) throw new Error(`message ${message.key} reads back wrong`);
      result.stored.push({ id: message.id, sha256: message.sha256, folderPath: message.folderPath });
    }
  return result;
}

async function allRecords(blobs: BlobStore, mailbox: MailboxId): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for (let seq = 1; ; seq++) {
    const found = await readRecord(blobs, mailbox, seq);
    if (found === undefined) return records;
    records.push(found.record);
  }
}

/** Where a message of this record lies after all joining of packs. */
function placeNow(records: LedgerRecord[], key: string, { pack, stored, seq }: LedgerRecord) {
  let place = { pack: pack?.name ?? "", entry: stored.find((message) => message.key === key)?.entry as Entry };
  for (const later of records.filter((record) => record.seq > seq)) {
    const repack = repackOf(later);
    if (repack?.replaced.some(({ name }) => name === place.pack) !== true) continue;
    const entry = repack.messages.find((message) => message.key === key)?.entry;
    if (entry === undefined) throw new Error(`joining lost message ${key}`);
    place = { pack: repack.pack.name, entry };
  }
  return place;
}
