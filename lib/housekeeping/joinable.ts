// Pure: which small packs of a mailbox are joined into which larger ones.

import type { LedgerRecord } from "../ledger/record.js";
import { packedBy, repackOf } from "../ledger/record.js";
import type { ReplacedPack } from "../ledger/repacked.js";
import { packLimits } from "../pack/writer.js";

/** A larger pack gains nothing by being joined. */
const smallBytes = 4 * 1024 * 1024;
/** Fewer are left until there are more: each joining writes all their bytes anew. */
const fewest = 8;

export interface SmallPack extends ReplacedPack {
  size: number;
  messages: number;
}

/** The packs that the records up to now need, by the number of their record. */
export class LivePacks {
  private readonly packs = new Map<number, SmallPack>();

  add(record: LedgerRecord): void {
    for (const { seq } of repackOf(record)?.replaced ?? []) this.packs.delete(seq);
    const packed = packedBy(record);
    if (packed === undefined) return;
    const { pack, messages } = packed;
    if (pack.size >= smallBytes) return;
    const { name, sha256, size } = pack;
    this.packs.set(record.seq, { seq: record.seq, name, sha256, size, messages: messages.length });
  }

  /** Neighbours together, each group at most one full pack; of records up to `last`. */
  groups(last: number): SmallPack[][] {
    const all: SmallPack[][] = [];
    let group: SmallPack[] = [];
    let [bytes, messages] = [0, 0];
    for (const pack of [...this.packs.values()].filter(({ seq }) => seq <= last).sort((a, b) => a.seq - b.seq)) {
      const isFull = bytes + pack.size > packLimits.targetBytes || messages + pack.messages > packLimits.messages;
      if (isFull) {
        all.push(group);
        [group, bytes, messages] = [[], 0, 0];
      }
      group.push(pack);
      bytes += pack.size;
      messages += pack.messages;
    }
    return [...all, group].filter(({ length }) => length >= fewest);
  }
}
