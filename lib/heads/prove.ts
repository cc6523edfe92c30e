// Proves that a head speaks of a mailbox, and finds the head that vouches for a record.
import { isMailkeepError } from "../core/errors.js";
import { HeadId, type MailboxId } from "../core/ids.js";
import { pathIn, treeLevels } from "../ledger/merkle.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import { type HeadEntry, type HeadSignature, leafOf, type PublishedKey, stampName } from "./head.js";
import { headIds, type ReadHead, readHead, readList, readSignature, type SoundHead } from "./read-heads.js";

/** RFC 6962 section 2.1.1: from a mailbox's line to the head's Merkle root, lowest first. */
export interface HeadInclusion {
  index: number;
  count: number;
  path: string[];
}

export interface Vouched {
  entry: Pick<HeadEntry, "mailbox" | "seq" | "sha256">;
  inclusion: HeadInclusion;
}

/** What a head says of any mailbox; one tree for all of them. Nothing for a mailbox whose ledger contradicts it. */
export function headProver(entries: readonly HeadEntry[]): (mailbox: MailboxId) => Vouched | undefined {
  const places = new Map(entries.map(({ mailbox }, index) => [mailbox, index]));
  let levels: Buffer[][] | undefined;
  return (mailbox) => {
    const index = places.get(mailbox);
    const entry = index === undefined ? undefined : entries[index];
    if (index === undefined || entry === undefined || entry.disputed !== undefined) return undefined;
    levels ??= treeLevels(entries.map(leafOf));
    const { seq, sha256 } = entry;
    const path = pathIn(levels, index).map((hash) => hash.toString("hex"));
    return { entry: { mailbox, seq, sha256 }, inclusion: { index, count: entries.length, path } };
  };
}

/** Everything of a head that a proof needs. */
export interface ProvingHead extends Vouched {
  id: HeadId;
  /** The head's bytes as text, exactly. */
  head: string;
  signature: HeadSignature | null;
  key: PublishedKey | null;
  /** The time stamping authority's whole answer (DER), base64. */
  timestamp: string | null;
}

/** Heads looked at for one proof: the first after the record vouches for it unless something was wrong then. */
const mostTried = 10;

/** The first head that vouches for this record of the mailbox: it needs the fewest records, and is the oldest witness. */
export async function firstHeadOver(
  blobs: BlobStore,
  { mailbox, seq, time }: { mailbox: MailboxId; seq: number; time: string },
): Promise<ProvingHead | undefined> {
  const day = HeadId.safeParse(time.slice(0, 10));
  let tried = 0;
  // Names of the day itself must not be passed over: the day before is where to begin.
  const from = day.success ? HeadId.parse(new Date(Date.parse(day.data) - 1).toISOString().slice(0, 10)) : undefined;
  for await (const id of headIds(blobs, from)) {
    if (tried === mostTried) return undefined;
    const found = await readable(async () => {
      const read = await readHead(blobs, id);
      if (read.head.createdAt < time) return undefined;
      tried++;
      const vouched = headProver(await readList(blobs, read.head))(mailbox);
      return vouched !== undefined && vouched.entry.seq >= seq ? proving(blobs, read, vouched) : undefined;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function proving(blobs: BlobStore, read: ReadHead | SoundHead, vouched: Vouched): Promise<ProvingHead> {
  const { id } = read.head;
  const [signed, stamp] = await Promise.all([readSignature(blobs, read), bytesIfThere(blobs, stampName(id))]);
  return {
    id,
    head: Buffer.from(read.bytes).toString("utf8"),
    ...vouched,
    signature: signed?.signature ?? null,
    key: signed?.key ?? null,
    timestamp: stamp === undefined ? null : Buffer.from(stamp).toString("base64"),
  };
}

/** A damaged head proves nothing; a later one may. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isMailkeepError(error, "corrupt")) throw error;
    return undefined;
  }
}
