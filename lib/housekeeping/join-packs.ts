// Several packs of a mailbox in, one pack out: every message is proven, the copy is read back, and then the ledger says so.

import { bringUpToDate } from "../catalog/replay.js";
import { listRow } from "../catalog/rows.js";
import { sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { appendRecord, readRecord } from "../ledger/journal.js";
import { type LedgerRecord, type Packed, packedBy, packName, packPath, program } from "../ledger/record.js";
import type { ReplacedPack } from "../ledger/repacked.js";
import type { Claim } from "../mailboxes/claim.js";
import type { MessageRecord } from "../pack/manifest.js";
import { entryRange, readEntry } from "../pack/reader.js";
import { type OpenPack, openPack, type SealedPack } from "../pack/writer.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { checkMessages, contentCache } from "../verify/check-content.js";
import { nothingRead } from "../verify/verification.js";
import type { SmallPack } from "./joinable.js";

export interface JoinDeps {
  blobs: BlobStore;
  rows: RowStore;
  clock: Clock;
}

export interface JoinPlace {
  mailbox: MailboxId;
  id: HousekeepingId;
  claim: Pick<Claim, "assertHeld">;
}

/** Why packs were left as they are: something of them is damaged, or too few of them may be joined. */
export type Left = "damaged" | "tooFew";

/** Messages put together, and rows asked for, at once. */
const atOnce = 8;

/**
 * Joins the packs of one group under the mailbox's claim. Killed anywhere it leaves the archive as it was, or as it is meant
 * to be; what lies there unsaid is an orphan. Resolves to why nothing was joined.
 * @throws conflict when another worker committed first, cancelled when the claim is lost
 */
export async function joinPacks(group: SmallPack[], place: JoinPlace, deps: JoinDeps): Promise<Left | undefined> {
  const { mailbox, claim } = place;
  const { blobs, rows } = deps;
  const before = await bringUpToDate(mailbox, { blobs, rows });
  const pack = openPack();
  const replaced: ReplacedPack[] = [];
  for (const { seq, name, sha256: hash } of group) {
    const outcome = await copyPack({ seq, name, sha256: hash }, pack, { mailbox, ...deps });
    if (outcome === "damaged") return "damaged";
    if (outcome === "copied") replaced.push({ name, sha256: hash, seq });
  }
  if (replaced.length < 2) return "tooFew";
  const sealed = await pack.seal();
  if (!(await isProven(sealed, mailbox, blobs))) return "damaged";
  claim.assertHeld();
  const seq = before.head.seq + 1;
  const name = packName(seq, sealed.sha256);
  await writePack(packPath(mailbox, name), sealed, blobs);
  claim.assertHeld();
  await appendRecord(blobs, recordOf(sealed, { seq, previous: before.head.sha256, name, replaced }, place, deps));
  claim.assertHeld();
  await bringUpToDate(mailbox, { blobs, rows });
  return undefined;
}

type Outcome = "copied" | "damaged" | "stored again";

async function copyPack(
  { seq, name, sha256: hash }: ReplacedPack,
  to: OpenPack,
  { mailbox, blobs, rows }: { mailbox: MailboxId; blobs: BlobStore; rows: RowStore },
): Promise<Outcome> {
  const read = await readRecord(blobs, mailbox, seq);
  const packed = read && packedBy(read.record);
  if (packed?.pack.name !== name || packed.pack.sha256 !== hash) return "damaged";
  const bytes = await bytesIfThere(blobs, packPath(mailbox, name));
  if (bytes === undefined || sha256(bytes) !== hash) return "damaged";
  if (!(await isNewest(packed, mailbox, rows))) return "stored again";
  for (const message of packed.messages) {
    const { offset, length } = entryRange(message.entry);
    const range = bytes.subarray(offset, offset + length);
    // Its check sum holds, or it is not carried on.
    if (!(await isSound(range, message))) return "damaged";
    to.copy(message, range);
  }
  return "copied";
}

async function isSound(range: Uint8Array, { entry }: MessageRecord): Promise<boolean> {
  try {
    await readEntry(range, entry);
    return true;
  } catch (error) {
    if (isMailkeepError(error, "corrupt")) return false;
    throw error;
  }
}

/** A row that names another pack is of a message that was stored once more: joining must not lead it back here. */
async function isNewest({ pack, messages }: Packed, mailbox: MailboxId, rows: RowStore): Promise<boolean> {
  for (let at = 0; at < messages.length; at += atOnce) {
    const some = messages.slice(at, at + atOnce);
    const found = await Promise.all(
      some.map(({ receivedAt, key }) => rows.get("messages", { partition: mailbox, row: listRow(receivedAt, key) })),
    );
    if (found.some((row) => row?.values.pack !== pack.name)) return false;
  }
  return true;
}

/** Every message put together from the new pack and its attachments, and hashed. */
async function isProven({ bytes, stored }: SealedPack, mailbox: MailboxId, blobs: BlobStore): Promise<boolean> {
  const contents = contentCache();
  let proven = true;
  const found = () => {
    proven = false;
  };
  const check = { blobs, mailbox, pack: { name: "", bytes }, contents, found, read: nothingRead() };
  for (let at = 0; proven && at < stored.length; at += atOnce)
    await checkMessages(stored.slice(at, at + atOnce), check);
  return proven;
}

/** Put, and read back from where readers will look. */
async function writePack(name: string, { bytes, sha256: hash }: SealedPack, blobs: BlobStore): Promise<void> {
  await blobs.putIfAbsent(name, bytes, { contentType: "application/zip" });
  if (sha256((await blobs.get(name)).bytes) !== hash)
    throw new MailkeepError("corrupt", `${name} does not read back as it was written`, { reason: "ARCHIVE_CORRUPT" });
}

function recordOf(
  { sha256: hash, bytes, merkleRoot, stored }: SealedPack,
  told: Pick<LedgerRecord, "seq" | "previous"> & { name: string; replaced: ReplacedPack[] },
  { mailbox, id }: JoinPlace,
  { clock }: JoinDeps,
): LedgerRecord {
  const { seq, previous, name, replaced } = told;
  const messages: MessageRecord[] = stored;
  const pack = { name, sha256: hash, size: bytes.length, merkleRoot };
  return {
    format: "mailkeep-ledger",
    formatVersion: 1,
    mailbox,
    seq,
    previous,
    pack: null,
    stored: [],
    events: [{ kind: "repacked", replaced, pack, messages }],
    cursors: [],
    run: id,
    time: clock.now().toISOString(),
    program,
  };
}
