// One verification and its part for each mailbox: what they are, and pure rules of how they end.

import type { Sha256 } from "../core/digest.js";
import type { HeadId, MailboxId, VerificationId } from "../core/ids.js";
import type { ChainTip } from "../ledger/chain.js";
import type { LedgerHead } from "../ledger/journal.js";
import type { OpenIntent } from "./check-deletions.js";
import { type FindingList, noFindings } from "./finding.js";

/** `chain`: the ledger and that its packs are there. `full`: every byte of the archive and the catalog besides. */
export type Depth = "chain" | "full";

/**
 * pending    waiting for a worker
 * running    a worker is or was just at it
 * succeeded  everything was read to its end and nothing was found
 * findings   something is not as it was stored; it is named
 * failed     it could not be read to its end; nothing is said of what was not read
 * cancelled  a person stopped it
 */
export type VerifyStatus = "pending" | "running" | "succeeded" | "findings" | "failed" | "cancelled";

export const isOpen = (status: VerifyStatus): boolean => status === "pending" || status === "running";

/** What was really read. */
export interface ReadCounts {
  records: number;
  packs: number;
  /** Spliced together and hashed. */
  messages: number;
  /** Attachment blobs read and hashed; one that several messages need may be read several times. */
  attachments: number;
  /** Catalog rows compared. */
  rows: number;
  /** Stored bytes of records, packs and attachments. */
  bytes: number;
}

export const nothingRead = (): ReadCounts => ({
  records: 0,
  packs: 0,
  messages: 0,
  attachments: 0,
  rows: 0,
  bytes: 0,
});

export function addCounts(a: ReadCounts, b: ReadCounts): ReadCounts {
  const sum = nothingRead();
  for (const name of Object.keys(sum) as (keyof ReadCounts)[]) sum[name] = a[name] + b[name];
  return sum;
}

/** Packs that no record names: what a crash or a lost race leaves behind. They hold nothing that counts. */
export interface Orphans {
  count: number;
  bytes: number;
  /** The first few, by name. */
  names: string[];
}

export interface Verification {
  id: VerificationId;
  depth: Depth;
  trigger: "manual" | "schedule";
  status: VerifyStatus;
  /** Only these; absent: every mailbox with anything archived. */
  mailboxes?: MailboxId[];
  requestedAt: string;
  startedAt?: string;
  endedAt?: string;
  cancelRequested: boolean;
  /** What is wrong with the daily heads. */
  heads?: FindingList;
  problem?: Problem;
}

export interface Problem {
  code: string;
  message: string;
}

/** Where the scan of a mailbox is. Everything needed to go on in another process. */
export interface ScanState {
  phase: "ledger" | "catalog" | "extra" | "done";
  /** The newest record the tables knew when the scan began: up to it rows must agree, beyond it they may be on their way. */
  head: LedgerHead;
  /** The newest record of the last full verification that found nothing: it must still be there. */
  known?: LedgerHead;
  /** The number, by name, of the last record dealt with. */
  at: number;
  /** Of the record after it: whether all but its messages is checked, and how many of those are. */
  opened: boolean;
  message: number;
  /** Deletions begun and not ended so far; absent when there are none. */
  deletions?: OpenIntent[];
  /** Records whose pack was not there when they were read; see missing-packs.ts. */
  missing?: string;
  /** Against this the next record is checked. */
  tip?: ChainTip;
  /** The last catalog row dealt with. */
  row: string;
  /** List rows found where the ledger says, list rows there are, ids there are, and first versions among the rows. */
  rows: { matched: number; listed: number; ids: number; firsts: number };
}

export interface VerifyPart {
  verification: VerificationId;
  mailbox: MailboxId;
  depth: Depth;
  status: VerifyStatus;
  scan?: ScanState;
  read: ReadCounts;
  findings: FindingList;
  orphans: Orphans;
  /** What the newest daily head names: it must still be there. */
  vouched?: { head: HeadId; seq: number; sha256: Sha256 };
  /** Failed reads since the last progress. */
  faults: number;
  problem?: Problem;
  updatedAt: string;
  endedAt?: string;
}

export function newPart(
  { id, depth }: Verification,
  mailbox: MailboxId,
  { now, vouched }: { now: Date; vouched?: VerifyPart["vouched"] },
): VerifyPart {
  return {
    ...(vouched !== undefined && { vouched }),
    verification: id,
    mailbox,
    depth,
    status: "pending",
    read: nothingRead(),
    findings: noFindings(),
    orphans: { count: 0, bytes: 0, names: [] },
    faults: 0,
    updatedAt: now.toISOString(),
  };
}

/** The whole is only as good as its parts: "succeeded" means that each of them was read to its end and nothing was found. */
export function statusOf(parts: Iterable<VerifyStatus>): VerifyStatus {
  const all = new Set(parts);
  if (all.has("pending") || all.has("running")) return "running";
  if (all.has("findings")) return "findings";
  if (all.has("failed")) return "failed";
  return all.has("cancelled") ? "cancelled" : "succeeded";
}
