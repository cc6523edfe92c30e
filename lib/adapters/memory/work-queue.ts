// The queue in memory, for tests: items can be looked at, and taken when their time has come.
import { checkItem } from "../../core/queue-limits.js";
import type { Clock } from "../../core/time.js";
import type { WorkQueue } from "../../ports/work-queue.js";

export interface WaitingItem {
  item: string;
  visibleAt: Date;
}

export interface MemoryWorkQueue extends WorkQueue {
  /** Everything that waits, the next one to become visible first. */
  items(): WaitingItem[];
  /** Takes the next visible item off the queue; undefined when none is visible yet. */
  receive(): string | undefined;
  /** Takes everything visible off the queue, one by one. */
  visible(): Iterable<string>;
}

export function memoryWorkQueue(clock: Clock): MemoryWorkQueue {
  const waiting: WaitingItem[] = [];
  const receive = () => {
    const first = waiting[0];
    if (first === undefined || first.visibleAt > clock.now()) return undefined;
    waiting.shift();
    return first.item;
  };
  return {
    async send(item, { delayMs = 0 } = {}) {
      checkItem(item, delayMs);
      const visibleAt = new Date(clock.now().getTime() + delayMs);
      const later = waiting.findIndex((other) => other.visibleAt > visibleAt);
      waiting.splice(later === -1 ? waiting.length : later, 0, { item, visibleAt });
    },
    items: () => waiting.map((waiter) => ({ ...waiter })),
    receive,
    *visible() {
      for (let item = receive(); item !== undefined; item = receive()) yield item;
    },
  };
}
