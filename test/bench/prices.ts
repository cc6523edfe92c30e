// List prices of the Azure meters that archiving uses, and what a million messages cost by them. US dollars, East US,
// locally redundant storage. The one place for prices: change them here, with source and date.

interface Price {
  usd: number;
  per: string;
  source: string;
  /** When the source was written or recorded. */
  date: string;
}

const retailBlob = "Azure Retail Prices API, Blob Storage, Hot LRS, eastus, as recorded in public price fixtures";

export const prices = {
  flexGbSecond: {
    usd: 0.000026,
    per: "GB-second of an instance, on demand, without the free grant",
    source: "https://azure.microsoft.com/pricing/details/functions/ (Flex Consumption)",
    date: "2025-05",
  },
  flexExecution: {
    usd: 0.4 / 1e6,
    per: "execution",
    source: "https://azure.microsoft.com/pricing/details/functions/ (Flex Consumption)",
    date: "2025-05",
  },
  blobWrite: { usd: 0.05 / 1e4, per: "write", source: retailBlob, date: "2026-09" },
  blobRead: { usd: 0.004 / 1e4, per: "read, head and other", source: retailBlob, date: "2026-09" },
  blobGbMonth: { usd: 0.0208, per: "GB and month, hot", source: retailBlob, date: "2026-09" },
  tableOperation: {
    usd: 0.00036 / 1e4,
    per: "request; a transaction of 100 rows is one",
    source: "https://azure.microsoft.com/pricing/details/storage/tables/ (from memory, to be checked)",
    date: "2025",
  },
  queueOperation: {
    usd: 0.004 / 1e4,
    per: "class 1 or 2 request, general-purpose v2",
    source: "https://azure.microsoft.com/pricing/details/storage/queues/ as recorded in public price fixtures",
    date: "2026",
  },
} satisfies Record<string, Price>;

/** An instance of 2,048 MB has one vCPU (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan). */
export const instance = { gb: 2, vcpus: 1 };

/** host.json, extensions.queues: batchSize + newBatchThreshold mailboxes are archived beside each other in one instance. */
export const mailboxesPerInstance = 16;

/** What archiving one message takes, measured. */
export interface Effort {
  /** From the first to the last request of one mailbox, for each of its messages. */
  secondsPerMessageOfOneMailbox: number;
  cpuSeconds: number;
  blobWrites: number;
  blobReads: number;
  tableOperations: number;
  queueOperations: number;
}

export interface Cost {
  compute: number;
  operations: number;
  total: number;
}

/**
 * The price of archiving a million messages, storing them not included. An instance is paid for while it is busy: as long
 * as its mailboxes' latency takes, or as long as its CPU takes, whichever is longer.
 */
export function costOfAMillion(effort: Effort): Cost {
  const waiting = effort.secondsPerMessageOfOneMailbox / mailboxesPerInstance;
  const computing = effort.cpuSeconds / instance.vcpus;
  const compute = Math.max(waiting, computing) * instance.gb * prices.flexGbSecond.usd * 1e6;
  const operations =
    1e6 *
    (effort.blobWrites * prices.blobWrite.usd +
      effort.blobReads * prices.blobRead.usd +
      effort.tableOperations * prices.tableOperation.usd +
      effort.queueOperations * (prices.queueOperation.usd + prices.flexExecution.usd));
  return { compute, operations, total: compute + operations };
}
