// The Merkle tree head of RFC 6962 section 2.1 over the messages of a pack.
import { createHash } from "node:crypto";
import type { Sha256 } from "../core/digest.js";

/** 0x00 before a leaf and 0x01 before a node, so that neither can be taken for the other (RFC 6962 section 2.1). */
export const leafHash = (leaf: Uint8Array): Buffer => createHash("sha256").update("\0").update(leaf).digest();
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash("sha256").update("\u0001").update(left).update(right).digest();

/** The largest power of two below `count` (count > 1): where RFC 6962 divides a list. */
export const divide = (count: number): number => 2 ** Math.floor(Math.log2(count - 1));

/** MTH of RFC 6962: the head of the tree over these leaves; the hash of nothing when there are none. */
export function treeHead(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash("sha256").digest();
  let level = leaves.map(leafHash);
  // Pairing neighbours and carrying an odd last one up gives the same tree as dividing at powers of two.
  while (level.length > 1) level = pairs(level);
  return level[0] ?? Buffer.alloc(0);
}

/** The root a ledger record names: the tree head over the 32 bytes of each message's SHA-256, in their order. */
export function merkleRoot(hashes: readonly Sha256[]): Sha256 {
  return treeHead(hashes.map((hash) => Buffer.from(hash, "hex"))).toString("hex") as Sha256;
}

/** The level above: neighbours in pairs, an odd last one as it is. */
export function pairs(level: Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index] as Buffer;
    const right = level[index + 1];
    above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}
