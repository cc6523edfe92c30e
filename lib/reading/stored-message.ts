// Finds one message version in the catalog, and where its bytes lie.
import { z } from "zod";
import { type Known, knownFromRow } from "../catalog/known.js";
import { findByKey } from "../catalog/messages.js";
import { idHashOf, knownRow } from "../catalog/rows.js";
import { Sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import { Cut } from "../pack/manifest.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row, RowStore } from "../ports/row-store.js";
import type { Content } from "./content.js";
import { archiveCorrupt } from "./corrupt.js";
import type { LedgerEntries } from "./ledger-entry.js";

export interface ReadingDeps {
  rows: RowStore;
  blobs: BlobStore;
}

/** @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND) */
export async function findMessage(
  rows: RowStore,
  mailbox: MailboxId,
  key: MessageKey,
): Promise<{ row: Row; newest: Known }> {
  const newest = await rows.get("messages", { partition: mailbox, row: knownRow(idHashOf(key)) });
  const known = newest && knownFromRow(newest.values);
  // A version that never was is not looked for: finding an earlier version may take a scan.
  const row = known && versionOf(key) <= known.version ? await findByKey(rows, mailbox, key) : undefined;
  if (known === undefined || row === undefined)
    throw new MailkeepError("not-found", `there is no message ${key} in the archive of mailbox ${mailbox}`, {
      reason: "MESSAGE_NOT_FOUND",
    });
  return { row: row.values, newest: known };
}

const versionOf = (key: MessageKey): number => Number(key.split("-")[1] ?? 1);

const whole = z.number().int().nonnegative();

/** What of a list row leads to bytes; checked, because names of blobs are made of it. */
const Place = z.object({
  key: z.string(),
  size: whole,
  sha256: Sha256,
  pack: z.string().regex(/^[0-9]{8}-[0-9a-f]{16}\.zip$/),
  entryName: z.string(),
  entryOffset: whole,
  entryCompressedLength: whole,
  entryLength: whole,
  cuts: z.string().optional(),
});

/** Where the bytes of a message lie; the ledger knows the cuts of a row that has no room for them. */
export async function contentOf(row: Row, ledger: LedgerEntries): Promise<Content> {
  const place = Place.safeParse(row);
  if (!place.success) throw unreadable(row);
  const { key, size, sha256, cuts } = place.data;
  return {
    key,
    size,
    sha256,
    ...placeOf(row),
    cuts: cuts === undefined ? (await ledger.of(row)).cuts : parseCuts(cuts, row),
  };
}

/** @throws MailkeepError `corrupt` (ARCHIVE_CORRUPT) */
export function placeOf(row: Row): Pick<Content, "pack" | "entry"> {
  const place = Place.safeParse(row);
  if (!place.success) throw unreadable(row);
  const { pack, entryName: name, entryOffset: offset, entryLength: length } = place.data;
  return { pack, entry: { name, offset, compressedLength: place.data.entryCompressedLength, length } };
}

function parseCuts(json: string, row: Row): Cut[] {
  try {
    return z.array(Cut).parse(JSON.parse(json));
  } catch (cause) {
    throw unreadable(row, cause);
  }
}

const unreadable = (row: Row, cause?: unknown): MailkeepError =>
  archiveCorrupt(`the catalog row of message ${row.key} is damaged; regrow the catalog from the ledger`, cause);
