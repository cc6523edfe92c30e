// Proves that the archive holds a message: its record is a link of the unbroken chain, its row says the same, its pack is
// whole, and the bytes put together from pack and attachments hash to what the record says.
import { catalogWrites, listRow } from "../catalog/rows.js";
import { type Sha256, sha256 } from "../core/digest.js";
import type { MailboxId } from "../core/ids.js";
import { type ChainTip, checkLink } from "../ledger/chain.js";
import { decodeRecord } from "../ledger/codec.js";
import type { LedgerHead } from "../ledger/journal.js";
import { type LedgerRecord, ledgerName, type Packed, packedBy } from "../ledger/record.js";
import type { MessageRecord } from "../pack/manifest.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import type { Row } from "../ports/row-store.js";
import { changing } from "../verify/check-catalog.js";
import { checkMessages, checkPack, contentCache } from "../verify/check-content.js";
import { codeOfFault, type Finding, type FindingCode } from "../verify/finding.js";
import { nothingRead } from "../verify/verification.js";
import type { Candidate } from "./candidates.js";

/** The ledger up to the record that the tables know, checked link by link. */
export interface CheckedLedger {
  hashes: ReadonlyMap<number, Sha256>;
  /** Keys with a receipt: what a catalog that was tampered with may have forgotten. */
  deleted: ReadonlySet<string>;
}

export type Damage = Pick<Finding, "code" | "detail">;

/** Reads every record once. @throws what makes a read fail; damage is an answer */
export async function checkLedger(
  blobs: BlobStore,
  mailbox: MailboxId,
  head: LedgerHead,
): Promise<CheckedLedger | Damage> {
  const hashes = new Map<number, Sha256>();
  const deleted = new Set<string>();
  let tip: ChainTip | undefined;
  for (let seq = 1; seq <= head.seq; seq++) {
    const name = ledgerName(mailbox, seq);
    const bytes = await bytesIfThere(blobs, name);
    if (bytes === undefined) return { code: "record-missing", detail: `ledger record ${seq} is not there` };
    const { findings, record, tip: next } = checkLink(tip, { name, bytes });
    const [first] = findings;
    if (first !== undefined) return { code: codeOfFault[first.kind], detail: `ledger record ${seq} ${first.detail}` };
    if (record?.mailbox !== mailbox) return { code: "record-misplaced", detail: `ledger record ${seq}` };
    for (const event of record.events) if (event.kind === "deleted") deleted.add(event.key);
    tip = next;
    hashes.set(seq, sha256(bytes));
  }
  if (tip?.sha256 !== (head.sha256 ?? undefined))
    return { code: "head-differs", detail: `the tables know record ${head.seq} as another one` };
  return { hashes, deleted };
}

/** What a candidate is by the ledger's word, or why it cannot be told. */
export type Proof = { kind: "proven"; message: MessageRecord; storedAt: string } | ({ kind: "damaged" } & Damage);

/** Packs of this many records are kept; mail of one time lies in few packs. */
const keptPacks = 2;

interface OpenPack {
  record: LedgerRecord;
  packed: Packed;
  bytes: Uint8Array;
}

/** Proves candidates of one mailbox, pack by pack. */
export function prover(blobs: BlobStore, mailbox: MailboxId, ledger: CheckedLedger) {
  const packs = new Map<number, OpenPack | Damage>();
  const contents = contentCache();

  const at = (seq: number) => ({ seq, sha256: ledger.hashes.get(seq) });

  async function packOf(seq: number): Promise<OpenPack | Damage> {
    const open = packs.get(seq) ?? (await openPack(blobs, mailbox, at(seq)));
    packs.delete(seq);
    packs.set(seq, open);
    for (const oldest of packs.keys()) if (packs.size > keptPacks) packs.delete(oldest);
    return open;
  }

  return {
    /** @throws what makes a read fail: that proves nothing, either way */
    async prove({ key, row, seq }: Candidate): Promise<Proof> {
      // The number of the record that came with the pack: the message's own, or one that joined packs since.
      const pack = await packOf(Number(String(row.pack).slice(0, 8)));
      if ("code" in pack) return { kind: "damaged", ...pack };
      const { packed, bytes } = pack;
      const record = pack.record.seq === seq ? pack.record : await readChecked(blobs, mailbox, at(seq));
      if ("code" in record) return { kind: "damaged", ...record };
      const message = packed.messages.find((stored) => stored.key === key);
      const wrong =
        message === undefined || !hasStored(record, message)
          ? "the record does not have it"
          : differs(row, message, { ...record, pack: packed.pack });
      if (message === undefined || wrong !== undefined)
        return { kind: "damaged", code: "catalog-differs", detail: `ledger record ${seq}: ${wrong}` };
      let damage: Damage | undefined;
      const found = (code: FindingCode, { detail, blob }: { detail: string; blob: string }) => {
        damage = { code, detail: `${blob} ${detail}` };
      };
      const open = { name: packed.pack.name, bytes };
      await checkMessages([message], { blobs, mailbox, pack: open, contents, found, read: nothingRead() });
      return damage === undefined
        ? { kind: "proven", message, storedAt: record.time }
        : { kind: "damaged", ...(damage as Damage) };
    },
  };
}

/** Whether the record stored this very message, wherever it lies now. */
function hasStored({ stored }: LedgerRecord, { entry: _, ...message }: MessageRecord): boolean {
  const own = stored.find(({ key }) => key === message.key);
  if (own === undefined) return false;
  const { entry: __, ...told } = own;
  return JSON.stringify(told) === JSON.stringify(message);
}

async function readChecked(
  blobs: BlobStore,
  mailbox: MailboxId,
  { seq, sha256: hash }: { seq: number; sha256: Sha256 | undefined },
): Promise<LedgerRecord | Damage> {
  if (hash === undefined) return { code: "catalog-extra", detail: `the row names record ${seq}, which there is not` };
  const bytes = await bytesIfThere(blobs, ledgerName(mailbox, seq));
  if (bytes === undefined || sha256(bytes) !== hash)
    return { code: "record-unreadable", detail: `ledger record ${seq} is not the one that was checked` };
  return decodeRecord(bytes);
}

async function openPack(
  blobs: BlobStore,
  mailbox: MailboxId,
  at: { seq: number; sha256: Sha256 | undefined },
): Promise<OpenPack | Damage> {
  const record = await readChecked(blobs, mailbox, at);
  if ("code" in record) return record;
  const packed = packedBy(record);
  let damage: Damage | undefined;
  const found = (code: FindingCode, { detail, blob }: { detail: string; blob: string }) => {
    damage ??= { code, detail: `${blob} ${detail}` };
  };
  const bytes = await checkPack(blobs, mailbox, packed, { found, read: nothingRead() });
  // One wrong byte anywhere in it, and nothing of it counts as proven.
  if (damage !== undefined) return damage;
  return packed === undefined || bytes === undefined
    ? { code: "pack-missing", detail: `ledger record ${at.seq} stored no message` }
    : { record, packed, bytes };
}

/** The first property in which the row is not what the record makes of the message. */
function differs(row: Row, message: MessageRecord, record: LedgerRecord): string | undefined {
  const at = listRow(message.receivedAt, message.key);
  const write = catalogWrites({ ...record, stored: [message], events: [] }).find((one) => one.row === at);
  if (write?.kind !== "upsert") return "it makes no row";
  const asStored = (value: Row[string]) => (typeof value === "string" ? value.toWellFormed() : value);
  const wrong = Object.keys(write.values).find(
    (name) => !changing.has(name) && asStored(write.values[name]) !== asStored(row[name]),
  );
  return wrong === undefined ? undefined : `the row says otherwise of ${wrong}`;
}
