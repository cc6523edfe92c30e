// What the next commit will hold: a pack being filled, the events beside it, and the cursors that may follow it.
import { shortHash } from "../core/ids.js";
import { type Clock, second } from "../core/time.js";
import type { CursorMark, LedgerEvent } from "../ledger/record.js";
import type { MessageRecord, Unplaced } from "../pack/manifest.js";
import { openPack, type PackLimits, type SealedPack } from "../pack/writer.js";

/** A ledger record of this many events is sealed even if its pack is not full. */
const eventLimit = 5_000;

/**
 * A batch this old is sealed even if it is not full, so that a slow mailbox shows progress and a death costs little work.
 * At ten messages a second that is still three hundred to a pack.
 */
const ageLimitMs = 30 * second;

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
  /** Messages in it, so far. */
  readonly messages: number;
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

/**
 * How many messages the first batch of a stretch of work takes. It is sealed early, so that a person sees messages arrive; and
 * of a mailbox of a few hundred it takes most of what is `expected`, so that little is left to commit at the end, when nothing
 * is fetched any more. Two blobs for 250 messages stay under one for a hundred. Mailboxes of one size that were begun together
 * do not all commit in the same second: each has a share of its own, between eight and nine tenths.
 */
export function firstBatchMessages(expected: number, mailbox: string): number {
  const early = Number.parseInt(shortHash(mailbox).slice(0, 4), 16) / 0x10000;
  return Math.min(450, Math.max(250, Math.ceil(expected * (0.9 - 0.1 * early))));
}

export function openBatch(clock: Clock, limits: PackLimits): Batch {
  const pack = openPack(limits);
  const events: LedgerEvent[] = [];
  const marks = new Map<string, CursorMark>();
  const adding = new Set<Promise<void>>();
  let known = 0;
  let beganMs: number | undefined;
  const begin = () => {
    beganMs ??= clock.monotonicMs();
  };
  return {
    addMessage(message, skeleton) {
      begin();
      const added = pack.add(message, skeleton);
      adding.add(added);
      return added.finally(() => adding.delete(added));
    },
    addEvents(more) {
      if (more.length > 0) begin();
      events.push(...more);
    },
    addMark(mark) {
      marks.set(mark.folderId, mark);
    },
    addKnown(count) {
      known += count;
    },
    get full() {
      const old = beganMs !== undefined && clock.monotonicMs() - beganMs >= ageLimitMs;
      return pack.full || events.length >= eventLimit || old;
    },
    get quiet() {
      return pack.count === 0 && events.length === 0;
    },
    get empty() {
      return this.quiet && marks.size === 0 && known === 0;
    },
    get messages() {
      return pack.count;
    },
    async seal() {
      // Who adds what cannot be packed hears of it; the others' messages are none the worse.
      await Promise.allSettled(adding);
      const sealed = pack.count === 0 ? undefined : await pack.seal();
      return { pack: sealed, stored: sealed?.stored ?? [], events, marks: [...marks.values()], known };
    },
  };
}
