// The names of a message's attachments, from its headers alone: the skeleton in the pack has them, contents are not read.
import type { MailboxId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Row, RowStore } from "../ports/row-store.js";
import { readSkeleton } from "../reading/content.js";
import type { LedgerEntries } from "../reading/ledger-entry.js";
import { mimeItems } from "../reading/mime-parts.js";
import { placeNowOf } from "../reading/place-now.js";
import { contentOf } from "../reading/stored-message.js";
import { folded } from "./query.js";

interface Tools {
  rows: RowStore;
  blobs: BlobStore;
  clock: Clock;
  mailbox: MailboxId;
  ledger: LedgerEntries;
}

/** @throws MailkeepError `corrupt` (ARCHIVE_CORRUPT), `too-large` (MESSAGE_TOO_COMPLEX) */
export async function attachmentNames(row: Row, { rows, blobs, clock, mailbox, ledger }: Tools): Promise<string[]> {
  const content = await contentOf(row, ledger);
  const skeleton = await readSkeleton(blobs, mailbox, { ...content, placeNow: placeNowOf(rows, mailbox, row) });
  const names: string[] = [];
  for await (const item of mimeItems(once(skeleton), clock))
    if (item.kind === "part" && item.head.filename) names.push(folded(item.head.filename));
  return names;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
