// Proof that one message belongs to a pack's Merkle root (RFC 6962 section 2.1.1), made and checked without the others.
import { divide, leafHash, nodeHash, pairs, treeHead } from "../pack/merkle.js";

export { merkleRoot, treeHead } from "../pack/merkle.js";

/** PATH(index, leaves): the hashes that lead from a leaf to the head, lowest first. */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index}`);
  if (leaves.length === 1) return [];
  const at = divide(leaves.length);
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
  return index < at
    ? [...inclusionProof(left, index), treeHead(right)]
    : [...inclusionProof(right, index - at), treeHead(left)];
}

export interface Inclusion {
  leaf: Uint8Array;
  index: number;
  /** How many leaves the tree has. */
  count: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

/** Whether the proof leads from the leaf to the root (the algorithm of RFC 9162 section 2.1.3.2). */
export function verifyInclusion({ leaf, index, count, proof, root }: Inclusion): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count) return false;
  let [node, last] = [index, count - 1];
  let hash = leafHash(leaf);
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.equals(root);
}

/** All hashes of the tree over these leaves, level by level, so that many proofs cost one tree. */
export function treeLevels(leaves: readonly Uint8Array[]): Buffer[][] {
  const levels = [leaves.map(leafHash)];
  for (let level = levels[0] ?? []; level.length > 1; ) {
    level = pairs(level);
    levels.push(level);
  }
  return levels;
}

/** The same path as {@link inclusionProof} gives. */
export function pathIn(levels: readonly Buffer[][], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= (levels[0]?.length ?? 0))
    throw new RangeError(`no leaf ${index}`);
  const path: Buffer[] = [];
  let at = index;
  for (const level of levels) {
    // The last one of an odd level has no neighbour: it is carried up as it is.
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined && level.length > 1) path.push(sibling);
    at = Math.floor(at / 2);
  }
  return path;
}
