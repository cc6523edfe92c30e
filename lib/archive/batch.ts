// What the next commit will hold: a pack being filled, the events beside it, and the cursors that may follow it.
import type { CursorMark, LedgerEvent } from "../ledger/record.js";
import type { MessageRecord, Unplaced } from "../pack/manifest.js";
import { openPack, type SealedPack } from "../pack/writer.js";

/** A ledger record of this many events is sealed even if its pack is not full. */
const eventLimit = 5_000;

export interface Batch {
  addMessage(message: Unplaced, skeleton: Uint8Array): Promise<void>;
  addEvents(events: LedgerEvent[]): void;
  /** A later mark of the same folder replaces an earlier one. */
  addMark(mark: CursorMark): void;
  /** Counts messages of settled pages that were in the archive already. */
  addKnown(count: number): void;
  readonly full: boolean;
  /** Nothing but cursors and counts: such a batch needs no ledger record. */
  readonly quiet: boolean;
  readonly empty: boolean;
  /** Waits for messages still being added, then closes the pack. */
  seal(): Promise<Contents>;
}

export interface Contents {
  pack: SealedPack | undefined;
  stored: MessageRecord[];
  events: LedgerEvent[];
  marks: CursorMark[];
  known: number;
}

export function openBatch(): Batch {
  const pack = openPack();
  const events: LedgerEvent[] = [];
  const marks = new Map<string, CursorMark>();
  const adding = new Set<Promise<void>>();
  let known = 0;
  return {
    addMessage(message, skeleton) {
      const added = pack.add(message, skeleton);
      adding.add(added);
      return added.finally(() => adding.delete(added));
    },
    addEvents(more) {
      events.push(...more);
    },
    addMark(mark) {
      marks.set(mark.folderId, mark);
    },
    addKnown(count) {
      known += count;
    },
    get full() {
      return pack.full || events.length >= eventLimit;
    },
    get quiet() {
      return pack.count === 0 && adding.size === 0 && events.length === 0;
    },
    get empty() {
      return this.quiet && marks.size === 0 && known === 0;
    },
    async seal() {
      await Promise.all(adding);
      const sealed = pack.count === 0 ? undefined : await pack.seal();
      return { pack: sealed, stored: sealed?.stored ?? [], events, marks: [...marks.values()], known };
    },
  };
}
