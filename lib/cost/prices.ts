// List prices of the Azure meters that archiving uses: US dollars, East US, locally redundant storage. The one place for
// prices: change them here, with source and date.

interface Price {
  usd: number;
  per: string;
  source: string;
  /** When the source was written or recorded. */
  date: string;
}

const retailBlob = "Azure Retail Prices API, Blob Storage LRS, eastus, as recorded in public price fixtures";

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
  coolGbMonth: { usd: 0.0152, per: "GB and month, cool", source: retailBlob, date: "2026-09" },
  coldGbMonth: { usd: 0.0036, per: "GB and month, cold", source: retailBlob, date: "2026-09" },
  coolWrite: {
    usd: 0.1 / 1e4,
    per: "write into cool, the move of a blob included",
    source: retailBlob,
    date: "2026-09",
  },
  coldWrite: {
    usd: 0.18 / 1e4,
    per: "write into cold, the move of a blob included",
    source: retailBlob,
    date: "2026-09",
  },
  tableOperation: {
    usd: 0.00036 / 1e4,
    per: "request; a transaction of 100 rows is one",
    source:
      "https://azure.microsoft.com/pricing/details/storage/tables/ as recorded in public notes, the same in several regions",
    date: "2026-07",
  },
  queueOperation: {
    usd: 0.004 / 1e4,
    per: "class 1 or 2 request, general-purpose v2",
    source: "https://azure.microsoft.com/pricing/details/storage/queues/ as recorded in public price fixtures",
    date: "2026",
  },
  microsoft365BackupGbMonth: {
    usd: 0.15,
    per: "GB of protected content and month, deleted and versioned items included",
    source: "https://learn.microsoft.com/microsoft-365/backup/backup-pricing",
    date: "2026",
  },
} satisfies Record<string, Price>;
