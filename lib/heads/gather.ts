// What a head says of each mailbox: the newest record of its ledger, or that the ledger contradicts the head before.
import { type Sha256, sha256 } from "../core/digest.js";
import type { MailboxId } from "../core/ids.js";
import { MailboxId as MailboxIdSchema } from "../core/ids.js";
import { ledgerName, ledgerPrefix } from "../ledger/record.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import type { HeadEntry } from "./head.js";

/** Mailboxes looked at at once: each is a request or three. */
const atOnce = 32;

/** All that the container or the head before knows, in order. */
export async function mailboxesToName(blobs: BlobStore, earlier: Map<MailboxId, HeadEntry>): Promise<MailboxId[]> {
  const all = new Set(earlier.keys());
  for await (const segment of blobs.folders("mailboxes/")) {
    const id = MailboxIdSchema.safeParse(segment);
    if (id.success) all.add(id.data);
  }
  return [...all].sort();
}

/** The entries of some mailboxes at a time; one without any record has none. The caller may stop between two of them. */
export async function* gather(
  blobs: BlobStore,
  mailboxes: MailboxId[],
  earlier: Map<MailboxId, HeadEntry>,
): AsyncIterable<{ entries: HeadEntry[]; last: MailboxId }> {
  for (let at = 0; at < mailboxes.length; at += atOnce) {
    const some = mailboxes.slice(at, at + atOnce);
    const entries = await Promise.all(some.map((mailbox) => entryOf(blobs, mailbox, earlier.get(mailbox))));
    yield { entries: entries.filter((entry) => entry !== undefined), last: some.at(-1) as MailboxId };
  }
}

async function entryOf(
  blobs: BlobStore,
  mailbox: MailboxId,
  before: HeadEntry | undefined,
): Promise<HeadEntry | undefined> {
  const newest = await newestSeq(blobs, mailbox, before?.seq ?? 0);
  if (before === undefined)
    return newest === 0 ? undefined : entry(mailbox, newest, await hashOf(blobs, mailbox, newest));
  const known = { mailbox, seq: before.seq, sha256: before.sha256 };
  const there = await hashOf(blobs, mailbox, before.seq);
  // The record that the earlier head names must still be there, as it was: only then may a later one be vouched for.
  if (there !== before.sha256) {
    const end = there === null ? await newestSeq(blobs, mailbox, 0) : before.seq;
    return { ...known, disputed: { seq: end, sha256: end === 0 ? null : await hashOf(blobs, mailbox, end) } };
  }
  return newest === before.seq ? known : entry(mailbox, newest, await hashOf(blobs, mailbox, newest));
}

const entry = (mailbox: MailboxId, seq: number, hash: Sha256 | null): HeadEntry | undefined =>
  hash === null ? undefined : { mailbox, seq, sha256: hash };

/** The number of the last record, `from` when there is none after it. */
async function newestSeq(blobs: BlobStore, mailbox: MailboxId, from: number): Promise<number> {
  let newest = from;
  for await (const { name } of blobs.list(ledgerPrefix(mailbox), from === 0 ? "" : ledgerName(mailbox, from))) {
    const seq = Number(/\/([0-9]{8})\.json\.gz$/.exec(name)?.[1]);
    if (seq > newest && name === ledgerName(mailbox, seq)) newest = seq;
  }
  return newest;
}

async function hashOf(blobs: BlobStore, mailbox: MailboxId, seq: number): Promise<Sha256 | null> {
  const bytes = await bytesIfThere(blobs, ledgerName(mailbox, seq));
  return bytes === undefined ? null : sha256(bytes);
}
