// Checks that the records of a mailbox form one unbroken chain. Pure; what is wrong comes back as data.
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError } from "../core/errors.js";
import { merkleRoot } from "../pack/merkle.js";
import { decodeRecord } from "./codec.js";
import { type LedgerRecord, ledgerName, packedBy, packName, repackOf } from "./record.js";

/**
 * unreadable      the bytes are not a record
 * gap             records between the previous one and this are missing
 * out-of-order    the record's number is not above the previous one's
 * wrong-name      the blob's name belongs to another mailbox or number than the record says
 * wrong-mailbox   the record belongs to another mailbox than the one before
 * broken-link     the record names another predecessor than the one before it: one of the two was altered
 * wrong-pack-name the pack's name does not carry its number and hash
 * wrong-root      the Merkle root is not that of the messages the record lists
 * wrong-stored    messages without a pack, a pack without messages, or a message stored twice
 */
export type ChainFault =
  | "unreadable"
  | "gap"
  | "out-of-order"
  | "wrong-name"
  | "wrong-mailbox"
  | "broken-link"
  | "wrong-pack-name"
  | "wrong-root"
  | "wrong-stored";

export interface ChainFinding {
  kind: ChainFault;
  /** The blob the finding is about. */
  name: string;
  detail: string;
}

/** A record as it lies in the container. */
export interface StoredRecord {
  name: string;
  bytes: Uint8Array;
}

/** The end of the chain so far; undefined before the first record. */
export interface ChainTip {
  seq: number;
  sha256: Sha256;
  mailbox: string;
}

export interface CheckedLink {
  findings: ChainFinding[];
  /** What the next record is checked against. */
  tip: ChainTip | undefined;
  record: LedgerRecord | undefined;
}

/** All findings of a whole chain, given in ascending order. An empty list means that nothing is wrong. */
export function checkChain(records: Iterable<StoredRecord>): ChainFinding[] {
  const findings: ChainFinding[] = [];
  let tip: ChainTip | undefined;
  for (const stored of records) {
    const link = checkLink(tip, stored);
    findings.push(...link.findings);
    tip = link.tip;
  }
  return findings;
}

/** Checks one record against the end of the chain before it, so that a long chain need not be in memory. */
export function checkLink(tip: ChainTip | undefined, stored: StoredRecord): CheckedLink {
  const findings: ChainFinding[] = [];
  const found = (kind: ChainFault, detail: string) => void findings.push({ kind, name: stored.name, detail });
  const hash = sha256(stored.bytes);
  const record = readable(stored.bytes, (detail) => found("unreadable", detail));
  if (record === undefined) {
    // It is taken for the next record, so that one unreadable record is not reported as a gap as well.
    const next = tip === undefined ? 1 : tip.seq + 1;
    return { findings, record, tip: { seq: next, sha256: hash, mailbox: tip?.mailbox ?? "" } };
  }
  checkPlace(tip, record, stored.name, found);
  checkPack(record, found);
  return { findings, record, tip: { seq: record.seq, sha256: hash, mailbox: record.mailbox } };
}

type Found = (kind: ChainFault, detail: string) => void;

function readable(bytes: Uint8Array, found: (detail: string) => void): LedgerRecord | undefined {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (!isMailkeepError(error, "corrupt")) throw error;
    found(error.message);
    return undefined;
  }
}

function checkPlace(tip: ChainTip | undefined, record: LedgerRecord, name: string, found: Found): void {
  const last = tip?.seq ?? 0;
  if (name !== ledgerName(record.mailbox, record.seq)) found("wrong-name", `holds record ${record.seq}`);
  if (tip !== undefined && tip.mailbox !== "" && tip.mailbox !== record.mailbox)
    found("wrong-mailbox", `belongs to ${record.mailbox}, the chain to ${tip.mailbox}`);
  if (record.seq <= last) found("out-of-order", `record ${record.seq} after record ${last}`);
  if (record.seq > last + 1) found("gap", `records ${last + 1} to ${record.seq - 1} are missing`);
  if (record.seq !== last + 1) return;
  if (record.previous !== (tip?.sha256 ?? null))
    found("broken-link", `names ${record.previous ?? "none"} as its predecessor, which is ${tip?.sha256 ?? "none"}`);
}

function checkPack(record: LedgerRecord, found: Found): void {
  const { seq, pack, stored, events } = record;
  const repack = repackOf(record);
  if (repack !== undefined && (pack !== null || events.length > 1))
    found("wrong-stored", "joins packs and does something else besides");
  if (repack?.replaced.some((old) => old.seq >= seq || old.name !== packName(old.seq, old.sha256)))
    found("wrong-stored", "replaces packs that no earlier record can have named");
  if ((pack === null) !== (stored.length === 0))
    found("wrong-stored", `${stored.length} messages, ${pack?.name ?? "no pack"}`);
  const packed = packedBy(record);
  if (packed === undefined) return;
  const { messages, pack: facts } = packed;
  if (new Set(messages.map(({ key }) => key)).size !== messages.length)
    found("wrong-stored", "a message is stored twice");
  if (facts.name !== packName(seq, facts.sha256))
    found("wrong-pack-name", `${facts.name} has the hash ${facts.sha256}`);
  const root = merkleRoot(messages.map((message) => message.sha256));
  if (facts.merkleRoot !== root) found("wrong-root", `${facts.merkleRoot} should be ${root}`);
}
