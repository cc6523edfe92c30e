// Heads as they lie in the container: which there are, the newest one whose list is sound, and its word on a mailbox.
import { type Sha256, sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { HeadId } from "../core/ids.js";
import { type BlobStore, bytesIfThere } from "../ports/blob-store.js";
import {
  decodeHead,
  decodeKey,
  decodeList,
  decodeSignature,
  type Head,
  type HeadEntry,
  type HeadSignature,
  headName,
  headOfName,
  headsPrefix,
  keyName,
  listName,
  type PublishedKey,
  rootOf,
  signatureName,
} from "./head.js";
import { isSignedBy } from "./signature.js";

/** In order of time, from the first one after `after`. */
export async function* headIds(blobs: BlobStore, after?: HeadId): AsyncIterable<HeadId> {
  // `0` follows `/`; names of a head's companions begin with the head's own.
  for await (const { name } of blobs.list(headsPrefix, after === undefined ? "" : headName(after))) {
    const id = headOfName(name);
    if (id !== undefined) yield id;
  }
}

/** All of them, the newest first: one a night, so there are few. */
export async function newestFirst(blobs: BlobStore): Promise<HeadId[]> {
  const ids: HeadId[] = [];
  for await (const id of headIds(blobs)) ids.push(id);
  return ids.sort().reverse();
}

export interface ReadHead {
  head: Head;
  bytes: Uint8Array;
  sha256: Sha256;
}

/** @throws MailkeepError `not-found` (HEAD_NOT_FOUND), `corrupt` (HEAD_DAMAGED) */
export async function readHead(blobs: BlobStore, id: HeadId): Promise<ReadHead> {
  const bytes = await bytesIfThere(blobs, headName(id));
  if (bytes === undefined) throw new MailkeepError("not-found", `no head ${id}`, { reason: "HEAD_NOT_FOUND" });
  const head = decodeHead(bytes);
  if (head.id !== id) throw damaged(`the head ${id} says that it is ${head.id}`);
  return { head, bytes, sha256: sha256(bytes) };
}

/** The list that the head speaks of. @throws MailkeepError `corrupt` (HEAD_DAMAGED) when it is another one, or missing */
export async function readList(blobs: BlobStore, { id, mailboxes }: Head): Promise<HeadEntry[]> {
  const bytes = await bytesIfThere(blobs, listName(id));
  if (bytes === undefined) throw damaged(`the list of the head ${id} is missing`);
  if (sha256(bytes) !== mailboxes.sha256) throw damaged(`the list of the head ${id} is not the one it names`);
  const entries = decodeList(bytes);
  if (entries.length !== mailboxes.count || rootOf(entries) !== mailboxes.merkleRoot)
    throw damaged(`the list of the head ${id} has another Merkle root`);
  return entries;
}

export interface ReadSignature {
  signature: HeadSignature;
  key: PublishedKey;
}

/** Undefined when it is not signed yet. @throws MailkeepError `corrupt` (HEAD_DAMAGED) when the signature is wrong */
export async function readSignature(
  blobs: BlobStore,
  { head: { id }, bytes }: ReadHead,
): Promise<ReadSignature | undefined> {
  const stored = await bytesIfThere(blobs, signatureName(id));
  if (stored === undefined) return undefined;
  const signature = decodeSignature(stored);
  const published = await bytesIfThere(blobs, keyName(signature.kid));
  if (published === undefined) throw damaged(`the public key ${signature.kid} of the head ${id} is missing`);
  const key = decodeKey(published);
  if (signature.head !== id || !isSignedBy(key, signature, bytes))
    throw damaged(`the signature of the head ${id} is not that of its key over its bytes`);
  return { signature, key };
}

const damaged = (message: string) => new MailkeepError("corrupt", message, { reason: "HEAD_DAMAGED" });

export interface SoundHead extends ReadHead {
  entries: HeadEntry[];
  /** Heads later than this one that cannot be read, each with what is wrong. */
  damaged: { id: HeadId; message: string }[];
}

/** The newest head that can be believed to be what was written; undefined when there is none. */
export async function newestSound(blobs: BlobStore): Promise<SoundHead | undefined> {
  const wrong: SoundHead["damaged"] = [];
  for (const id of await newestFirst(blobs)) {
    try {
      const read = await readHead(blobs, id);
      await readSignature(blobs, read);
      return { ...read, entries: await readList(blobs, read.head), damaged: wrong };
    } catch (error) {
      if (!isMailkeepError(error, "corrupt")) throw error;
      wrong.push({ id, message: error.message });
    }
  }
  return undefined;
}
