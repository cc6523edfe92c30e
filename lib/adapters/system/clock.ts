// The machine's own time.
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../core/time.js";

/** The longest wait a Node timer can hold; longer ones would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    for (let left = Math.max(ms, 0); ; left -= longestTimerMs) {
      signal?.throwIfAborted();
      await wait(Math.min(left, longestTimerMs), undefined, signal && { signal }).catch((error: unknown) => {
        // Node rejects with an AbortError of its own; the port promises the signal's reason.
        signal?.throwIfAborted();
        throw error;
      });
      if (left <= longestTimerMs) return;
    }
  },
};
