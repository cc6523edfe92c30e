// Time that stands still until it is moved: by `advance`, or by whoever sleeps.
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/time.js";

export interface StoppedClock extends Clock {
  advance(ms: number): void;
  /** Every sleep so far, in milliseconds, in the order they began. */
  readonly slept: readonly number[];
}

/** `sleep` moves the time at once and then lets everything that is ready run, so that a polling loop starves nobody. */
export function stoppedClock(start: Date): StoppedClock {
  const startMs = start.getTime();
  let passedMs = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(startMs + passedMs),
    monotonicMs: () => passedMs,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError("a stopped clock only moves forward");
      passedMs += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      passedMs += Math.max(ms, 0);
      await setImmediate();
      signal?.throwIfAborted();
    },
  };
}
