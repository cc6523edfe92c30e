// Pure: what work costs by the list prices.
import { type Effort, instance, mailboxesPerInstance } from "./effort.js";
import { prices } from "./prices.js";

/** US dollars. */
export interface Cost {
  compute: number;
  operations: number;
  total: number;
}

/**
 * The price of doing something `times` times, storing not included. An instance is paid for while it is busy: as long as its
 * mailboxes' latency takes, or as long as its CPU takes, whichever is longer.
 */
export function costOf(effort: Effort, times: number): Cost {
  const waiting = effort.seconds / mailboxesPerInstance;
  const computing = effort.cpuSeconds / instance.vcpus;
  const compute = times * Math.max(waiting, computing) * instance.gb * prices.flexGbSecond.usd;
  const operations =
    times *
    (effort.blobWrites * prices.blobWrite.usd +
      effort.blobReads * prices.blobRead.usd +
      effort.tableOperations * prices.tableOperation.usd +
      effort.queueOperations * (prices.queueOperation.usd + prices.flexExecution.usd));
  return { compute, operations, total: compute + operations };
}

export const sumOf = (...costs: Cost[]): Cost => ({
  compute: costs.reduce((sum, { compute }) => sum + compute, 0),
  operations: costs.reduce((sum, { operations }) => sum + operations, 0),
  total: costs.reduce((sum, { total }) => sum + total, 0),
});
