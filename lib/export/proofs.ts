// What proves the mail of a bag, as tag files: the ledger records from the first that is needed up to the one that a signed
// head names, each message's place in its record, and the head. lib/verify/mailkeep-verify.mjs checks them.
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { headName, keyName, signatureName, stampName } from "../heads/head.js";
import { headProver, type Vouched } from "../heads/prove.js";
import { newestSound, readSignature, type SoundHead } from "../heads/read-heads.js";
import { decodeRecord } from "../ledger/codec.js";
import { pathIn, treeLevels } from "../ledger/merkle.js";
import { type LedgerRecord, ledgerName, seqDigits } from "../ledger/record.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import { ahead } from "./ahead.js";
import type { Part } from "./export.js";

export interface ProofFile {
  name: string;
  pieces(): AsyncIterable<Uint8Array>;
}

/** Records read at once. */
const atOnce = 8;

interface Wanted {
  mailbox: MailboxId;
  /** Keys of the exported messages by the record that stored them. */
  keys: Map<number, string[]>;
  vouched: Vouched | undefined;
  first: number;
  last: number;
  /** Why the proof ends before `last`. */
  problem: string | null;
}

/** In the order in which they must be written. */
export async function* proofFiles(parts: AsyncIterable<Part>, blobs: BlobStore): AsyncIterable<ProofFile> {
  const head = await newestSound(blobs);
  const all = await wantedOf(parts, head);
  for (const wanted of all) yield* recordFiles(wanted, blobs);
  yield { name: "proofs/messages.jsonl", pieces: () => messageLines(all, blobs) };
  yield { name: "proofs/mailboxes.jsonl", pieces: () => once(all.map(mailboxLine(head)).join("")) };
  if (head !== undefined && all.some(({ vouched }) => vouched !== undefined)) yield* headFiles(head, blobs);
}

async function wantedOf(parts: AsyncIterable<Part>, head: SoundHead | undefined): Promise<Wanted[]> {
  const byMailbox = new Map<MailboxId, Map<number, string[]>>();
  for await (const { index } of parts)
    for (const { mailbox, key, seq } of index) {
      const keys = byMailbox.get(mailbox) ?? new Map<number, string[]>();
      byMailbox.set(mailbox, keys);
      const there = keys.get(seq);
      if (there === undefined) keys.set(seq, [key]);
      else there.push(key);
    }
  const prove = headProver(head?.entries ?? []);
  return [...byMailbox].map(([mailbox, keys]) => {
    const seqs = [...keys.keys()].sort((a, b) => a - b);
    const [first, newest] = [seqs[0] ?? 0, seqs.at(-1) ?? 0];
    const told = prove(mailbox);
    const vouched = told !== undefined && told.entry.seq >= first ? told : undefined;
    return { mailbox, keys, vouched, first, last: Math.max(newest, vouched?.entry.seq ?? 0), problem: null };
  });
}

/** Every record as it lies in the archive, until one is not what the one after it or the head says. */
async function* recordFiles(wanted: Wanted, blobs: BlobStore): AsyncIterable<ProofFile> {
  const { mailbox, first, last } = wanted;
  const seqs = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  let previous: Sha256 | undefined;
  for await (const { seq, bytes } of ahead(seqs, atOnce, (seq) => readRecord(blobs, mailbox, seq))) {
    const problem = bytes === undefined ? `ledger record ${seq} is missing` : faultOf(bytes, { seq, previous, wanted });
    if (problem !== undefined) return endAt(wanted, seq, problem);
    previous = sha256(bytes as Uint8Array);
    yield { name: `proofs/ledger/${mailbox}/${seqDigits(seq)}.json.gz`, pieces: () => once(bytes as Uint8Array) };
  }
}

const readRecord = async (blobs: BlobStore, mailbox: MailboxId, seq: number) => ({
  seq,
  bytes: await bytesIfThere(blobs, ledgerName(mailbox, seq)),
});

function faultOf(
  bytes: Uint8Array,
  { seq, previous, wanted }: { seq: number; previous: Sha256 | undefined; wanted: Wanted },
): string | undefined {
  const { entry } = wanted.vouched ?? {};
  if (entry?.seq === seq && entry.sha256 !== sha256(bytes)) return `ledger record ${seq} is not the one the head names`;
  try {
    const record = decodeRecord(bytes);
    if (record.seq !== seq || record.mailbox !== wanted.mailbox) return `ledger record ${seq} is another one`;
    return previous === undefined || record.previous === previous
      ? undefined
      : `ledger record ${seq} follows another one`;
  } catch (error) {
    if (!isMailkeepError(error, "corrupt")) throw error;
    return `ledger record ${seq} cannot be read`;
  }
}

/** The proof goes as far as the records do; a head beyond that vouches for nothing here. */
function endAt(wanted: Wanted, seq: number, problem: string): void {
  Object.assign(wanted, { last: seq - 1, problem });
  if ((wanted.vouched?.entry.seq ?? 0) >= seq) wanted.vouched = undefined;
}

async function* messageLines(all: Wanted[], blobs: BlobStore): AsyncIterable<Uint8Array> {
  for (const { mailbox, keys, last } of all) {
    const seqs = [...keys.keys()].filter((seq) => seq <= last).sort((a, b) => a - b);
    for await (const { seq, bytes } of ahead(seqs, atOnce, (seq) => readRecord(blobs, mailbox, seq)))
      if (bytes !== undefined) yield Buffer.from(linesOf(decodeRecord(bytes), keys.get(seq) ?? []));
  }
}

function linesOf({ mailbox, seq, stored, pack }: LedgerRecord, keys: string[]): string {
  const levels = treeLevels(stored.map((message) => Buffer.from(message.sha256, "hex")));
  const places = new Map(stored.map(({ key }, index) => [String(key), index]));
  const lines = keys.map((key) => {
    const index = places.get(key);
    const message = index === undefined ? undefined : stored[index];
    if (index === undefined || message === undefined) return "";
    const path = pathIn(levels, index).map((hash) => hash.toString("hex"));
    const place = { mailbox, key, sha256: message.sha256, seq, index, count: stored.length, path };
    return `${JSON.stringify({ ...place, root: pack?.merkleRoot ?? null })}\n`;
  });
  return lines.join("");
}

const mailboxLine =
  (head: SoundHead | undefined) =>
  ({ mailbox, first, last, vouched, problem }: Wanted): string => {
    const told = vouched === undefined || head === undefined ? null : { id: head.head.id, ...vouched };
    return `${JSON.stringify({ mailbox, first, last, head: told, problem })}\n`;
  };

async function* headFiles(head: SoundHead, blobs: BlobStore): AsyncIterable<ProofFile> {
  const { id } = head.head;
  const signed = await readSignature(blobs, head);
  const names = [headName(id), signatureName(id), stampName(id), ...(signed ? [keyName(signed.key.kid)] : [])];
  for (const name of names) {
    const bytes = await bytesIfThere(blobs, name);
    if (bytes !== undefined) yield { name: `proofs/${name}`, pieces: () => once(bytes) };
  }
}

async function* once(text: string | Uint8Array): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
