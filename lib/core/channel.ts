// A bounded queue between producers and consumers of one process: a full channel makes its producers wait.

export interface Channel<T> {
  /** Resolves once there is room; rejects when the channel has failed. Items pushed after `close` are refused. */
  push(item: T): Promise<void>;
  /** The next item; undefined when the channel is closed and empty; rejects when it has failed. */
  pull(): Promise<T | undefined>;
  close(): void;
  /** Wakes everybody with the reason; items still inside are dropped. */
  fail(reason: unknown): void;
}

export function channel<T>(capacity: number): Channel<T> {
  const items: T[] = [];
  let state: { kind: "open" } | { kind: "closed" } | { kind: "failed"; reason: unknown } = { kind: "open" };
  let wakeAll: (() => void)[] = [];
  const changed = () => new Promise<void>((resolve) => wakeAll.push(resolve));
  const announce = () => {
    const woken = wakeAll;
    wakeAll = [];
    for (const wake of woken) wake();
  };
  return {
    async push(item) {
      while (state.kind === "open" && items.length >= capacity) await changed();
      if (state.kind === "failed") throw state.reason;
      if (state.kind === "closed") throw new Error("pushed into a closed channel");
      items.push(item);
      announce();
    },
    async pull() {
      while (state.kind === "open" && items.length === 0) await changed();
      if (state.kind === "failed") throw state.reason;
      const item = items.shift();
      announce();
      return item;
    },
    close() {
      if (state.kind === "open") state = { kind: "closed" };
      announce();
    },
    fail(reason) {
      if (state.kind !== "failed") state = { kind: "failed", reason };
      items.length = 0;
      announce();
    },
  };
}

/** Runs `work` over all items, at most `width` at a time; the first failure stops further starts and is thrown. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = queue.next(); !next.done && !failed; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const outcome of lanes) if (outcome.status === "rejected") throw outcome.reason;
}
