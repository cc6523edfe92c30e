// The way from a message's key to its exact bytes.
import type { Sha256 } from "../core/digest.js";
import type { MailboxId, MessageKey } from "../core/ids.js";
import { openContent } from "./content.js";
import { safeFileName } from "./file-name.js";
import { ledgerEntries } from "./ledger-entry.js";
import { placeNowOf } from "./place-now.js";
import { contentOf, findMessage, type ReadingDeps } from "./stored-message.js";

export interface StoredEml {
  size: number;
  sha256: Sha256;
  /** The subject as a file name, ending in `.eml`; safe on any system. */
  name: string;
  /** The bytes that Graph sent, to be read once; nothing of them is read before. @throws as {@link openContent} */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export interface OpenEml extends Omit<StoredEml, "open"> {
  /** The bytes that Graph sent, to be read once. Ends with `corrupt` when they are not; see {@link openContent}. */
  body: AsyncIterable<Uint8Array>;
}

/** @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND), `corrupt` (ARCHIVE_CORRUPT) */
export async function findEml({ rows, blobs }: ReadingDeps, mailbox: MailboxId, key: MessageKey): Promise<StoredEml> {
  const { row } = await findMessage(rows, mailbox, key);
  const found = await contentOf(row, ledgerEntries(blobs, mailbox));
  const content = { ...found, placeNow: placeNowOf(rows, mailbox, row) };
  const name = safeFileName(typeof row.subject === "string" ? row.subject.replace(/[/\\]/g, "-") : undefined, key);
  return {
    size: content.size,
    sha256: content.sha256,
    name: `${name}.eml`,
    open: () => openContent(blobs, mailbox, content),
  };
}

/** @throws MailkeepError `not-found` (MESSAGE_NOT_FOUND), `corrupt` (ARCHIVE_CORRUPT) */
export async function openEml(deps: ReadingDeps, mailbox: MailboxId, key: MessageKey): Promise<OpenEml> {
  const { open, ...told } = await findEml(deps, mailbox, key);
  return { ...told, body: await open() };
}
