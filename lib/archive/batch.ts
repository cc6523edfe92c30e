// What the next commit will hold: a pack being filled, the events beside it, and the cursors that may follow it.
import { shortHash } from "../core/ids.js";
import { type Clock, second } from "../core/time.js";
import type { CursorMark, LedgerEvent } from "../ledger/record.js";
import type { MessageRecord, Unplaced } from "../pack/manifest.js";
import { openPack, type PackLimits, packLimits, type SealedPack } from "../pack/writer.js";

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

/** What is known of a stretch of work when a batch of it is begun. */
export interface Ahead {
  mailbox: string;
  /** How many messages will be stored, as the folders say. */
  expected: number;
  /** How many of them earlier batches have taken. */
  taken: number;
}

/** Two packs are four blobs: fewer messages than this go into one, or there would be more than one blob for a hundred. */
const worthTwoPacks = 400;
/** From here on less than half of the mailboxes make three. */
const worthThreePacks = 500;

/**
 * How many messages a batch takes. The first one is sealed early, so that a person sees messages arrive. The last one of a
 * mailbox of some hundreds is small, because nothing is fetched any more while it is committed. And mailboxes of one size that
 * were begun together do not all commit in the same second: each has shares of its own.
 */
export function batchMessages({ mailbox, expected, taken }: Ahead): number {
  if (expected < worthTwoPacks) return taken === 0 ? worthTwoPacks : packLimits.messages;
  const left = expected - taken;
  const isLast = left <= expected / 4 || (taken > 0 && expected < worthThreePacks);
  if (isLast) return packLimits.messages;
  if (taken > 0) return Math.min(packLimits.messages, left - Math.ceil(expected * between(0.03, 0.07, mailbox, 1)));
  const isThree = expected >= worthThreePacks && ownShare(mailbox, 0) < 0.45;
  const [from, to] = isThree ? [0.4, 0.9] : [0.66, 0.94];
  return Math.min(450, Math.ceil(expected * between(from, to, mailbox, 0)));
}

const between = (from: number, to: number, mailbox: string, which: number): number =>
  from + (to - from) * ownShare(mailbox, which);

/** From 0 up to 1, the same for a mailbox each time. */
const ownShare = (mailbox: string, which: number): number =>
  Number.parseInt(shortHash(mailbox).slice(which * 4, which * 4 + 4), 16) / 0x10000;

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
