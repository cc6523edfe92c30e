// A record that joins packs, held against the records that stored their messages: it may change places and nothing else.
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { type ReadRecord, readRecord } from "../ledger/journal.js";
import { type LedgerRecord, packedBy, packPath, repackOf } from "../ledger/record.js";
import type { Repacked } from "../ledger/repacked.js";
import type { MessageRecord } from "../pack/manifest.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { FindingCode } from "./finding.js";
import { dropMissing, missingIn } from "./missing-packs.js";
import type { VerifyPart } from "./verification.js";

type Found = (code: FindingCode, place: { seq: number; detail: string }) => void;

/** Packs that a sound record replaces are not missed any more. */
export async function followRepack(
  record: LedgerRecord,
  { part, blobs, found }: { part: VerifyPart; blobs: BlobStore; found: Found },
): Promise<void> {
  const repack = repackOf(record);
  if (repack === undefined || part.scan === undefined) return;
  const { wrong, counts } = await compare(part.mailbox, repack, blobs);
  if (wrong !== undefined) return found("repack-differs", { seq: record.seq, detail: wrong });
  const missing = new Set(missingIn(part.scan));
  // Messages of packs that are still there have been counted with them; they are read once more now, and counted once.
  if (part.depth === "full") for (const [seq, count] of counts) if (!missing.has(seq)) part.read.messages -= count;
  dropMissing(part.scan, new Set(counts.keys()));
}

/** How many messages each replaced pack had; `wrong` when what is said of them differs from their own records. */
async function compare(
  mailbox: MailboxId,
  { replaced, messages }: Repacked,
  blobs: BlobStore,
): Promise<{ wrong?: string; counts: Map<number, number> }> {
  const counts = new Map<number, number>();
  let at = 0;
  for (const { seq, name, sha256 } of replaced) {
    const packed = packedBefore(await readSound(blobs, mailbox, seq));
    if (packed?.pack.name !== name || packed.pack.sha256 !== sha256)
      return { counts, wrong: `replaces the pack ${name}, which record ${seq} does not name` };
    const ours = messages.slice(at, at + packed.messages.length);
    if (JSON.stringify(ours.map(unplaced)) !== JSON.stringify(packed.messages.map(unplaced)))
      return { counts, wrong: `tells of the messages of record ${seq} other than that record` };
    counts.set(seq, packed.messages.length);
    at += packed.messages.length;
  }
  return at === messages.length ? { counts } : { counts, wrong: "has messages that the replaced packs had not" };
}

const packedBefore = (read: ReadRecord | undefined) => read && packedBy(read.record);
const unplaced = ({ entry: _, ...rest }: MessageRecord) => rest;

/** A damaged record is found where it lies. */
async function readSound(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<ReadRecord | undefined> {
  try {
    return await readRecord(blobs, mailbox, seq);
  } catch (error) {
    if (isMailkeepError(error, "corrupt")) return undefined;
    throw error;
  }
}

/** Packs joined while we read: records that came after the list of records was made. */
export async function joinedLater(part: VerifyPart, blobs: BlobStore): Promise<void> {
  const { scan } = part;
  for (let seq = (scan?.at ?? 0) + 1; scan?.missing !== undefined; seq++) {
    const next = await readSound(blobs, part.mailbox, seq);
    if (next === undefined) return;
    const repack = repackOf(next.record);
    const compared = repack && (await compare(part.mailbox, repack, blobs));
    if (compared !== undefined && compared.wrong === undefined) dropMissing(scan, new Set(compared.counts.keys()));
  }
}

/** What to say of a record whose pack is not there; undefined when it is there by now. */
export async function isStillMissing(
  mailbox: MailboxId,
  seq: number,
  blobs: BlobStore,
): Promise<{ blob: string; detail: string } | undefined> {
  const packed = packedBefore(await readSound(blobs, mailbox, seq));
  if (packed === undefined) return undefined;
  const blob = packPath(mailbox, packed.pack.name);
  if (await blobs.exists(blob)) return undefined;
  return { blob, detail: `${packed.messages.length} messages of record ${seq} are lost` };
}
