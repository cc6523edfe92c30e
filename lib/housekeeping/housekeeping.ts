// One piece of housekeeping: what it is, and the pure rules of what it may do.
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import { day, hour } from "../core/time.js";

/**
 * orphans: blobs that nothing committed refers to. repack: many small packs of a mailbox into few. regrow: the tables of each
 * mailbox from its ledger.
 */
export type HousekeepingKind = "orphans" | "repack" | "regrow";

/**
 * pending    waiting for a worker
 * running    a worker is or was just at it
 * waiting    for work that began before the plan was ready, or for a mailbox somebody holds; goes on by itself
 * succeeded  done: a plan is ready, or has been applied
 * failed     `problem` says why; what was done by then stays done
 * cancelled  a person stopped it
 */
export type HousekeepingStatus = "pending" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";

const open = new Set<HousekeepingStatus>(["pending", "running", "waiting"]);
export const isOpen = (status: HousekeepingStatus): boolean => open.has(status);

export interface Amount {
  count: number;
  bytes: number;
}

export interface Housekeeping {
  id: HousekeepingId;
  kind: HousekeepingKind;
  /** True: say what would be done. False: do what `plan` says. */
  dryRun: boolean;
  plan?: HousekeepingId;
  /** Only what has lain untouched for so long. */
  graceDays: number;
  mailboxes?: MailboxId[];
  status: HousekeepingStatus;
  requestedAt: string;
  startedAt?: string;
  updatedAt: string;
  endedAt?: string;
  resumeAt?: string;
  problem?: { code: string; message: string };
  /** Failed tries since the last progress. */
  faults: number;
  /** Of a plan: what would go, and what would take its place. Of an apply: what is gone or was put in its place. */
  found: Amount;
  made: Amount;
  /** Items that were looked at once more and left, by why. */
  kept: Record<string, number>;
  /** There is more than one plan holds: apply it and plan again. */
  truncated: boolean;
  /** Where the work is. */
  at: Place;
}

export interface Place {
  phase: "mailboxes" | "attachments" | "settling" | "done";
  /** The last mailbox, or the last name, dealt with. */
  after: string;
  /** The blob that holds what is known of references so far. */
  filter?: string;
  /** Of a regrowing: the mailbox that was begun, and is counted. */
  begun?: string;
}

/** A plan is what was true when it was made: it is applied soon or made anew. */
export const planLivesMs = day;
/** An apply ends well before writers stop to look at the plan. */
export const sweepLivesMs = planLivesMs + 2 * hour;

/** So many items one plan holds; enough for a person to look through, and for a table partition to scan. */
export const mostItems = 10_000;

export const usualGraceDays = 7;

/** One thing that would go, or a mailbox whose packs would be joined. */
export interface Item {
  /** Its row: `a_…` an attachment, `p_…` a pack or a mailbox. */
  row: string;
  kind: "attachment" | "pack" | "mailbox";
  /** Of the blob, or of the folder of packs. */
  name: string;
  size: number;
  /** Of a blob. */
  lastModified?: string;
  version?: string;
  /** Of a pack or a mailbox. */
  mailbox?: string;
  why: "unreferenced" | "replaced" | "small" | "behind";
  /** Of a replaced pack: the one that took its place. */
  by?: string;
  bySha256?: string;
  /** Of a mailbox: packs that would be joined, into how many, their messages, and the last record that was looked at. */
  packs?: number;
  into?: number;
  messages?: number;
  seq?: number;
  state: string;
  detail?: string;
}
