// Conditional creates: a small body in one request, a large one in blocks that become visible together.
import { randomBytes } from "node:crypto";
import type { BlockBlobClient } from "@azure/storage-blob";
import { isMailkeepError, MailkeepError } from "../../core/errors.js";
import type { PutOptions } from "../../ports/blob-store.js";
import { inTime, statusOf, storageCode, toMailkeepError, translating } from "./errors.js";

/** At most two blocks of a body are in memory. The service allows 50,000 blocks, so a body of 195 GiB. */
const blockBytes = 4 * 1024 * 1024;

/** A tier that can be read at once, like hot, and costs less where hardly anybody reads. */
export type SeldomTier = "Cool" | "Cold";

/** Where blobs go that are seldom read; without it they stay hot like all others. */
export type Put = PutOptions & { seldomTier?: SeldomTier | undefined };

/**
 * From this size on a cheaper tier is cheaper: each blob in cool or cold is billed as if it had 128 KiB at least (accounts
 * made since 2026-07; https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview).
 */
export const leastBilledBytes = 128 * 1024;

/** Creates the blob unless the name is taken; says whether it wrote. */
export async function putBlob(blob: BlockBlobClient, body: Uint8Array, options: Put): Promise<boolean> {
  const how = { ...ifAbsent(options, body.length), ...inTime() };
  const written = await create(blob, () => blob.upload(body, body.length, how));
  if (written !== "refused") return written;
  // Blocks that a crashed writer staged and never committed make the emulator refuse an upload, but not a commit.
  const { stage, commit } = stager(blob, options);
  await stage(body);
  return commit(body.length);
}

/** The same for a body of any size. What it staged before a failure is invisible; the service drops it after a week. */
export async function putBlocks(
  blob: BlockBlobClient,
  body: AsyncIterable<Uint8Array>,
  options: Put,
): Promise<boolean> {
  const { stage, commit } = stager(blob, options);
  let last: Uint8Array | undefined;
  let blocks = 0;
  for await (const block of blocksOf(body)) {
    // One question is cheaper than megabytes sent in vain.
    if (++blocks === 2 && (await blobExists(blob))) return false;
    if (last !== undefined) await stage(last);
    last = block;
  }
  if (last === undefined || blocks === 1) return putBlob(blob, last ?? new Uint8Array(), options);
  await stage(last);
  return commit((blocks - 1) * blockBytes + last.length);
}

/** @throws MailkeepError unless the service says yes or that there is no such blob. */
export async function blobExists(blob: BlockBlobClient): Promise<boolean> {
  try {
    await translating(`look for ${blob.name}`, () => blob.getProperties(inTime()));
    return true;
  } catch (error) {
    if (isMailkeepError(error, "not-found")) return false;
    throw error;
  }
}

/** Stages blocks under ids of its own, so that two writers of one name cannot mix theirs; all ids are equally long. */
function stager(blob: BlockBlobClient, options: Put) {
  const writer = randomBytes(8).toString("hex");
  const staged: string[] = [];
  return {
    async stage(block: Uint8Array): Promise<void> {
      const id = Buffer.from(`${writer}-${String(staged.length).padStart(6, "0")}`).toString("base64");
      await translating(`stage a block of ${blob.name}`, () => blob.stageBlock(id, block, block.length, inTime()));
      staged.push(id);
    },
    async commit(bytes: number): Promise<boolean> {
      const how = { ...ifAbsent(options, bytes), ...inTime() };
      const written = await create(blob, () => blob.commitBlockList(staged, how));
      if (written !== "refused") return written;
      throw new MailkeepError("unavailable", `storage calls the name ${blob.name} taken but shows no blob`);
    },
  };
}

function ifAbsent({ contentType, contentEncoding, seldomRead, seldomTier }: Put, bytes: number) {
  return {
    conditions: { ifNoneMatch: "*" },
    ...(seldomRead && seldomTier !== undefined && bytes >= leastBilledBytes && { tier: seldomTier }),
    blobHTTPHeaders: {
      blobContentType: contentType,
      ...(contentEncoding !== undefined && { blobContentEncoding: contentEncoding }),
    },
  };
}

/**
 * True: written. False: the name is taken, and the blob has been seen to be there. `refused`: the service calls the name
 * taken, but there is no blob.
 */
async function create(blob: BlockBlobClient, put: () => Promise<unknown>): Promise<boolean | "refused"> {
  try {
    await put();
    return true;
  } catch (error) {
    // Under an immutability policy, in the archive tier, or when another writer's commit swept our staged blocks away, a
    // taken name is refused in other words than BlobAlreadyExists. Whether the blob is there decides.
    if (mayMeanTaken(error) && (await blobExists(blob))) return false;
    if (storageCode(error) === "BlobAlreadyExists") return "refused";
    throw toMailkeepError(error, `put ${blob.name}`);
  }
}

function mayMeanTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412 || storageCode(error) === "InvalidBlockList";
}

/**
 * The body in blocks of exactly 4 MiB, the last one shorter. Two buffers take turns: a block holds its bytes until the next
 * but one is asked for.
 */
async function* blocksOf(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let block: Buffer | undefined;
  let spare: Buffer | undefined;
  let filled = 0;
  for await (const chunk of body)
    for (let at = 0; at < chunk.length; ) {
      block ??= Buffer.allocUnsafe(blockBytes);
      const part = chunk.subarray(at, at + blockBytes - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < blockBytes) continue;
      yield block;
      [block, spare] = [spare, block];
      filled = 0;
    }
  if (block !== undefined && filled > 0) yield block.subarray(0, filled);
}
