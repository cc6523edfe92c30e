// What archiving takes, measured: for each message of a first run, and for each mailbox of a run that finds nothing new.
// From `npm run bench -- --only company`; measure again and change the figures here when the engine changes.

/** An instance of 2,048 MB has one vCPU (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan). */
export const instance = { gb: 2, vcpus: 1 };

/** host.json, extensions.queues: batchSize + newBatchThreshold mailboxes are archived beside each other in one instance. */
export const mailboxesPerInstance = 16;

/** What is spent on one unit of work: one message, or one mailbox. */
export interface Effort {
  /** How long the mailbox is spoken to, in seconds. */
  seconds: number;
  cpuSeconds: number;
  graphRequests: number;
  blobWrites: number;
  blobReads: number;
  tableOperations: number;
  queueOperations: number;
}

export const measured = {
  date: "2026-11-22",
  /** Model company: 200 mailboxes, 26,977 messages of 62 kB, 29 folders each; Graph answers after 100 ms. */
  perMessage: {
    seconds: 0.0459,
    cpuSeconds: 0.00229,
    graphRequests: 1.0,
    blobWrites: 0.0498,
    blobReads: 0.0074,
    tableOperations: 0.2318,
    queueOperations: 0.0133,
  },
  /** The same company again, nothing new: folder enumeration and one delta request for each folder. */
  perQuietMailbox: {
    seconds: 1.72,
    cpuSeconds: 0.0305,
    graphRequests: 37,
    blobWrites: 0,
    blobReads: 2,
    tableOperations: 23,
    queueOperations: 1.5,
  },
  /** Stored bytes for each byte of mail, and what they are made of. */
  stored: { share: 0.168, packs: 0.541, ledger: 0.02, attachments: 0.439 },
  /** Packs for each message: one for each commit. */
  packsPerMessage: 0.0074,
} as const satisfies { date: string; perMessage: Effort; perQuietMailbox: Effort } & Record<string, unknown>;
