// Keeps one mailbox within Graph's limits, whatever is asked at once: four requests in flight, a sliding window of ten
// minutes, and silence while the mailbox has asked for it.
import { MailkeepError } from "../../core/errors.js";
import { type Clock, minute, second } from "../../core/time.js";
import type { RequestHistory } from "../../ports/mail-source.js";
import { type Answer, retryAfterMs } from "./answer.js";
import type { Link } from "./call.js";
import { cancelled } from "./cancel.js";

/** https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits: 4 at a time for one app and mailbox. */
export const mostInFlight = 4;

/**
 * The same page allows 10,000 requests in 10 minutes. We stop at 9,600: a worker that dies loses at most the requests it
 * sent since its claim was last written, and 400 is ten seconds at 4 in flight and 100 ms each.
 */
export const mostInWindow = 9_600;
const windowMs = 10 * minute;
const slotMs = 10 * second;

/** A longer wait is the queue's business, not a running invocation's. */
export const longestWaitMs = minute;

/** Without Retry-After: 5 s, 10 s, 20 s … at most 5 minutes (https://learn.microsoft.com/graph/throttling). */
export function backOffMs(streak: number): number {
  return Math.min(5 * second * 2 ** streak, 5 * minute);
}

/** Retry-After: 0 would make a busy loop of a mistake. */
const shortestPauseMs = second;

export function throttled(waitMs: number): MailkeepError {
  const message = `Graph asked for a pause of ${Math.ceil(waitMs / second)} more seconds, too long to wait for`;
  return new MailkeepError("throttled", message, { retryAfterMs: waitMs });
}

interface Waiter {
  start(ticket: number): void;
  turnAway(error: MailkeepError): void;
}

export class Governor {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #slots: { at: number; count: number }[];
  #pausedUntil: number;
  #waiting: Waiter[] = [];
  #inFlight = 0;
  #napping = false;
  /** Requests are numbered; answers to those sent before a pause began say nothing new about it. */
  #lastTicket = 0;
  #lastBeforePause = 0;
  #streak = 0;

  constructor(options: { clock: Clock; signal: AbortSignal; history: RequestHistory }) {
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#slots = options.history.slots.map((slot) => ({ ...slot })).sort((a, b) => a.at - b.at);
    this.#pausedUntil = options.history.pausedUntil ?? 0;
  }

  /**
   * Waits for a turn, first come first served. Every turn ends with {@link leave}.
   * @throws MailkeepError `throttled` when the wait would be longer than a minute, `cancelled`
   */
  enter(): Promise<number> {
    if (this.#signal.aborted) return Promise.reject(cancelled(this.#signal));
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    if (this.#waiting.length === 0) this.#signal.addEventListener("abort", this.#onAbort);
    this.#waiting.push({ start: resolve, turnAway: reject });
    this.#admit();
    return promise;
  }

  /** Ends a turn: the answer, if there was one, has been read to its end. */
  leave(ticket: number, answer: Answer | undefined): void {
    this.#inFlight--;
    if (answer?.status === 429 || answer?.status === 509) this.#heed(ticket, answer);
    else if (answer !== undefined && ticket > this.#lastBeforePause) this.#streak = 0;
    this.#admit();
  }

  /** Keeps the mailbox silent for so long from now. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now().getTime() + ms);
    this.#lastBeforePause = this.#lastTicket;
    this.#admit();
  }

  history(): RequestHistory {
    const now = this.#clock.now().getTime();
    this.#forget(now);
    const slots = this.#slots.map((slot) => ({ ...slot }));
    return this.#pausedUntil > now ? { slots, pausedUntil: this.#pausedUntil } : { slots };
  }

  #heed(ticket: number, answer: Answer): void {
    const wish = retryAfterMs(answer, this.#clock.now());
    const known = ticket <= this.#lastBeforePause;
    if (wish === undefined && known) return;
    this.pause(Math.max(wish ?? backOffMs(this.#streak++), shortestPauseMs));
  }

  #admit(): void {
    while (this.#waiting.length > 0) {
      const waitMs = this.#waitMs();
      // Even with all places taken, a long pause sends everybody home at once.
      if (waitMs > longestWaitMs) this.#turnAll(throttled(waitMs));
      else if (this.#inFlight >= mostInFlight) return;
      else if (waitMs > 0) {
        this.#nap(waitMs);
        return;
      } else this.#startNext();
    }
  }

  #startNext(): void {
    const waiter = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#signal.removeEventListener("abort", this.#onAbort);
    this.#inFlight++;
    this.#count();
    waiter?.start(++this.#lastTicket);
  }

  #waitMs(): number {
    const now = this.#clock.now().getTime();
    this.#forget(now);
    let over = this.#slots.reduce((sum, slot) => sum + slot.count, 0) - mostInWindow;
    let freeAt = now;
    for (const slot of this.#slots) {
      if (over < 0) break;
      over -= slot.count;
      freeAt = slot.at + slotMs + windowMs;
    }
    return Math.max(this.#pausedUntil, freeAt) - now;
  }

  /** A slot leaves the window when the last request that can be in it does. */
  #forget(now: number): void {
    while (this.#slots[0] !== undefined && this.#slots[0].at + slotMs + windowMs <= now) this.#slots.shift();
  }

  #count(): void {
    const at = Math.floor(this.#clock.now().getTime() / slotMs) * slotMs;
    const last = this.#slots.at(-1);
    if (last !== undefined && last.at >= at) last.count++;
    else this.#slots.push({ at, count: 1 });
  }

  #nap(ms: number): void {
    if (this.#napping) return;
    this.#napping = true;
    const wake = () => {
      this.#napping = false;
      if (!this.#signal.aborted) this.#admit();
    };
    // Only an abort ends a sleep early, and that turns the waiters away on its own.
    void this.#clock.sleep(ms, this.#signal).then(wake, wake);
  }

  #turnAll(error: MailkeepError): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    for (const waiter of this.#waiting.splice(0)) waiter.turnAway(error);
  }

  readonly #onAbort = (): void => this.#turnAll(cancelled(this.#signal));
}

/** The link of the chain: a place is held until the whole answer is there. Directory calls pass freely. */
export const governed: Link = async (call, next) => {
  const governor = call.governor;
  if (governor === undefined) return next();
  const ticket = await governor.enter();
  let answer: Answer | undefined;
  try {
    answer = await next();
    return answer;
  } finally {
    governor.leave(ticket, answer);
  }
};
