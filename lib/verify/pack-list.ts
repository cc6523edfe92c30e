// The packs that are there, beside the records that name them: both in ascending order, so that neither is held in memory.
import type { MailboxId } from "../core/ids.js";
import { packPath, seqDigits } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { VerifyPart } from "./verification.js";

/** Orphans named; all are counted. */
const namedOrphans = 20;

export interface PackList {
  /**
   * Passes the packs up to and with this number (all that are left without one) and gives the size of the one the record
   * names. Every other is an orphan, unless the record is not `known`: then nobody can say.
   */
  upTo(
    seq: number | undefined,
    record: { part: VerifyPart; pack: string | undefined; known: boolean },
  ): Promise<number | undefined>;
}

export function packList(blobs: BlobStore, mailbox: MailboxId, after: number): PackList {
  const prefix = packPath(mailbox, "");
  const begin = after === 0 ? "" : packPath(mailbox, seqDigits(after + 1));
  const packs = blobs.list(prefix, begin)[Symbol.asyncIterator]();
  let next: IteratorResult<{ name: string; size: number }> | undefined;
  return {
    async upTo(seq, { part, pack, known }) {
      const end = seq === undefined ? undefined : packPath(mailbox, seqDigits(seq + 1));
      let found: number | undefined;
      for (next ??= await packs.next(); !next.done; next = await packs.next()) {
        const { name, size } = next.value;
        if (end !== undefined && name >= end) break;
        if (pack !== undefined && name === packPath(mailbox, pack)) found = size;
        else if (known) countOrphan(part, name, size);
      }
      return found;
    },
  };
}

function countOrphan({ orphans }: VerifyPart, name: string, size: number): void {
  orphans.count++;
  orphans.bytes += size;
  if (orphans.names.length < namedOrphans) orphans.names.push(name);
}
