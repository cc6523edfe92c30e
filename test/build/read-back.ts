// What an auditor can read back: every committed message's bytes, spliced from pack and attachments, by ledger alone.
import { sha256 } from "../../lib/core/digest.js";
import type { MailboxId } from "../../lib/core/ids.js";
import { readRecord } from "../../lib/ledger/journal.js";
import { attachmentPath, type LedgerRecord, packPath } from "../../lib/ledger/record.js";
import { decodeAttachment } from "../../lib/pack/attachment.js";
import { entryRange, readEntry } from "../../lib/pack/reader.js";
import { spliceBytes } from "../../lib/pack/splice.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";

export interface ReadBack {
  /** sha256 of the bytes read back, by immutable id; an id stored twice is listed twice. */
  stored: { id: string; sha256: string; folderPath: string }[];
  records: LedgerRecord[];
}

export async function readBack(blobs: BlobStore, mailbox: MailboxId): Promise<ReadBack> {
  const result: ReadBack = { stored: [], records: [] };
  for (let seq = 1; ; seq++) {
    const found = await readRecord(blobs, mailbox, seq);
    if (found === undefined) return result;
    const { record } = found;
    result.records.push(record);
    for (const message of record.stored) {
      const { offset, length } = entryRange(message.entry);
      const pack = packPath(mailbox, record.pack?.name ?? "");
      const skeleton = await readEntry(await blobs.getRange(pack, offset, length), message.entry);
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
  }
}
