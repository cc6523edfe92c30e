// What doors, timers and queues ask of this room.
import { isMailkeepError } from "../core/errors.js";
import type { HeadId } from "../core/ids.js";
import type { Page, PageRequest } from "../core/page.js";
import { listName, type PublishedKey, stampName } from "./head.js";
import type { HeadDeps } from "./make-head.js";
import { newestFirst, type ReadSignature, readHead, readSignature } from "./read-heads.js";
import { giveUpHead, nightlyHead, openHead, requestHead, reviveHead, workOnHead } from "./request-head.js";
import { type OwedSeal, owedOf, owedSeals } from "./seal.js";

/** Under every head there is: how it stands. */
export interface HeadView {
  id: HeadId;
  /** `pending`: it is being made. `damaged`: it cannot be read as it was written. */
  status: "pending" | "made" | "damaged";
  createdAt: string | null;
  sha256: string | null;
  previous: { id: string; sha256: string } | null;
  mailboxes: { count: number; merkleRoot: string; disputed: number } | null;
  /** Checked against the key published beside it. */
  signature: { kid: string; alg: string; development: boolean; signedAt: string; publicKey: PublishedKey } | null;
  timestamped: boolean;
  /** What it should have and has not, or what is wrong with it. */
  problem: { code: string; message: string } | null;
}

const nothing = {
  createdAt: null,
  sha256: null,
  previous: null,
  mailboxes: null,
  signature: null,
  timestamped: false,
  problem: null,
};

export interface HeadBytes {
  bytes: Uint8Array;
  sha256: string;
  fileName: string;
}

export function headUseCases(deps: HeadDeps) {
  const { rows, blobs } = deps;
  return {
    async request(): Promise<HeadView> {
      return show(await requestHead(deps), deps);
    },
    get: (id: HeadId): Promise<HeadView> => show(id, deps),
    async list({ limit, after }: PageRequest): Promise<Page<HeadView>> {
      const ids = (await newestFirst(blobs)).filter((id) => after === undefined || id < after);
      const value = await Promise.all(ids.slice(0, limit).map((id) => show(id, deps)));
      const last = value.at(-1);
      return { value, ...(ids.length > limit && last !== undefined && { next: last.id }) };
    },
    /** The signed bytes. */
    async content(id: HeadId): Promise<HeadBytes> {
      const { bytes, sha256 } = await readHead(blobs, id);
      return { bytes, sha256, fileName: `${id}.json` };
    },
    /** The list of mailboxes that the head speaks of. */
    async mailboxes(id: HeadId): Promise<HeadBytes> {
      const { head } = await readHead(blobs, id);
      const { bytes } = await blobs.get(listName(id));
      return { bytes, sha256: head.mailboxes.sha256, fileName: `${id}.mailboxes.jsonl` };
    },
    work: (id: HeadId): Promise<void> => workOnHead(id, deps),
    poison: (id: HeadId): Promise<void> => giveUpHead(id, deps),
    nightly: (): Promise<HeadId> => nightlyHead(deps),
    tidy: (): Promise<void> => reviveHead(deps),
    /** What heads lack, for the health of the whole. */
    async owed(): Promise<OwedSeal[]> {
      const all: OwedSeal[] = [];
      for await (const owed of owedSeals(rows)) all.push(owed);
      return all;
    },
  };
}

async function show(id: HeadId, { blobs, rows }: HeadDeps): Promise<HeadView> {
  try {
    const read = await readHead(blobs, id);
    const { createdAt, previous, mailboxes } = read.head;
    const [signed, owed, timestamped] = await Promise.all([
      readSignature(blobs, read),
      owedOf(rows, id),
      blobs.exists(stampName(id)),
    ]);
    const { count, merkleRoot, disputed } = mailboxes;
    const told = { createdAt, sha256: read.sha256, previous, mailboxes: { count, merkleRoot, disputed }, timestamped };
    const problem =
      owed === undefined ? null : { code: owed.code, message: `without its ${owed.owed}: ${owed.message}` };
    return { id, status: "made", ...told, signature: signed === undefined ? null : signatureView(signed), problem };
  } catch (error) {
    if (isMailkeepError(error, "corrupt"))
      return { id, ...nothing, status: "damaged", problem: { code: "HEAD_DAMAGED", message: error.message } };
    const pending = isMailkeepError(error, "not-found") && (await openHead(rows)) === id;
    if (pending) return { id, ...nothing, status: "pending" };
    throw error;
  }
}

const signatureView = ({ signature: { kid, alg, development, signedAt }, key }: ReadSignature) => ({
  kid,
  alg,
  development,
  signedAt,
  publicKey: key,
});
