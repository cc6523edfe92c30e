// What verification can find: a closed list, each finding with its place. A read that failed is none of these.
import type { MailboxId, MessageKey } from "../core/ids.js";
import type { ChainFault } from "../ledger/chain.js";

/**
 * record-missing      a number of the ledger has no record, and later ones have
 * record-unreadable   the blob is there and is not a record
 * record-misplaced    the record lies under another number or mailbox than its own
 * chain-broken        the record names another predecessor than the one before it
 * ledger-stray        a blob beside the records that is none by its name
 * ledger-rolled-back  the tables, an earlier verification or a daily head know later records than the ledger has: its newest are gone
 * head-differs        the newest record that the tables, an earlier verification or a daily head know is not the one under its number
 * catalog-behind      the tables have not been told of records that are over an hour old; the next run tells them
 * stored-list-wrong   the record lists messages without a pack, none with one, or one twice
 * merkle-root-wrong   the Merkle root is not that of the messages the record lists
 * pack-name-wrong     the pack's name does not carry its number and hash
 * pack-missing        the record's pack is not there
 * pack-damaged        the pack has other bytes than were stored
 * repack-differs      a record that joins packs tells of them or of their messages other than the records that stored them
 * manifest-differs    the pack's own list of messages is not the record's
 * message-damaged     the message does not come back as the bytes that were stored
 * attachment-missing  a message needs an attachment blob that is not there
 * attachment-damaged  a message needs an attachment blob whose content is not what its name says
 * receipt-stray       a receipt of a deletion, or the end of one, without the intent that must come before
 * receipt-differs     a deletion's intent or receipt names other bytes than the archive holds of the message
 * deletion-open       a deletion was begun over a day ago, and the ledger does not say what came of it
 * catalog-missing     a message of the ledger has no row: it is not listed, not found
 * catalog-differs     the row of a message says other than the ledger
 * catalog-extra       a row speaks of a message that the ledger does not know
 * signed-head-missing     a daily head that a later one names is not there
 * signed-head-damaged     a daily head, its list, its signature, key or time stamp is not what was written
 * signed-head-incomplete  a daily head has lost its signature or its time stamp
 */
export const findingCodes = [
  "record-missing",
  "record-unreadable",
  "record-misplaced",
  "chain-broken",
  "ledger-stray",
  "ledger-rolled-back",
  "head-differs",
  "catalog-behind",
  "stored-list-wrong",
  "merkle-root-wrong",
  "pack-name-wrong",
  "pack-missing",
  "pack-damaged",
  "repack-differs",
  "manifest-differs",
  "message-damaged",
  "attachment-missing",
  "attachment-damaged",
  "receipt-stray",
  "receipt-differs",
  "deletion-open",
  "catalog-missing",
  "catalog-differs",
  "catalog-extra",
  "signed-head-missing",
  "signed-head-damaged",
  "signed-head-incomplete",
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  code: FindingCode;
  /** Absent for what belongs to the archive as a whole. */
  mailbox?: MailboxId;
  /** The ledger record it belongs to. */
  seq?: number;
  message?: MessageKey;
  /** The blob that is missing or wrong. */
  blob?: string;
  /** For a person; names, numbers and hashes only, never mail. */
  detail: string;
}

/** So many findings of a mailbox are kept with their place; all are counted. */
export const keptFindings = 100;

export interface FindingList {
  count: number;
  byCode: Partial<Record<FindingCode, number>>;
  kept: Finding[];
}

export const noFindings = (): FindingList => ({ count: 0, byCode: {}, kept: [] });

export function addFinding(list: FindingList, finding: Finding): void {
  list.count++;
  list.byCode[finding.code] = (list.byCode[finding.code] ?? 0) + 1;
  if (list.kept.length < keptFindings) list.kept.push({ ...finding, detail: finding.detail.slice(0, 200) });
}

/** What a fault of the chain is called here. */
export const codeOfFault: Record<ChainFault, FindingCode> = {
  unreadable: "record-unreadable",
  gap: "record-missing",
  "out-of-order": "record-misplaced",
  "wrong-name": "record-misplaced",
  "wrong-mailbox": "record-misplaced",
  "broken-link": "chain-broken",
  "wrong-pack-name": "pack-name-wrong",
  "wrong-root": "merkle-root-wrong",
  "wrong-stored": "stored-list-wrong",
};
