import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import {
  inclusionProof,
  merkleRoot,
  pathIn,
  treeHead,
  treeLevels,
  verifyInclusion,
} from "../../../lib/ledger/merkle.js";

/** Leaves and tree heads of the reference implementation of RFC 6962 (google/certificate-transparency, merkle tests). */
const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  (hex) => Buffer.from(hex, "hex"),
);
const heads = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("the Merkle tree of RFC 6962", () => {
  it.each(heads.map((head, count) => ({ head, count })))("has the known head over $count leaves", ({ head, count }) => {
    expect(treeHead(leaves.slice(0, count)).toString("hex")).toBe(head);
  });

  it("takes the 32 bytes of each message's hash as a leaf", () => {
    const hashes = ["a", "b", "c"].map((text) => sha256(Buffer.from(text)));
    expect(merkleRoot(hashes)).toBe(treeHead(hashes.map((hash) => Buffer.from(hash, "hex"))).toString("hex"));
    expect(merkleRoot(hashes.toReversed())).not.toBe(merkleRoot(hashes));
  });

  it("gives the same paths from one tree", () => {
    for (let count = 1; count <= 33; count++) {
      const many = Array.from({ length: count }, (_, index) => Buffer.from([index]));
      const levels = treeLevels(many);
      for (let index = 0; index < count; index++) expect(pathIn(levels, index)).toEqual(inclusionProof(many, index));
    }
    expect(() => pathIn(treeLevels([]), 0)).toThrow(RangeError);
  });

  // RFC 6962 section 2.1.3: in the tree of seven leaves PATH(0) is [b, h, l], PATH(3) [c, g, l], PATH(4) [f, j, k], PATH(6) [i, k].
  it("proves a leaf with the path of the RFC's example", () => {
    const seven = leaves.slice(0, 7);
    const over = (from: number, to: number) => treeHead(seven.slice(from, to));
    expect(inclusionProof(seven, 0)).toEqual([over(1, 2), over(2, 4), over(4, 7)]);
    expect(inclusionProof(seven, 3)).toEqual([over(2, 3), over(0, 2), over(4, 7)]);
    expect(inclusionProof(seven, 4)).toEqual([over(5, 6), over(6, 7), over(0, 4)]);
    expect(inclusionProof(seven, 6)).toEqual([over(4, 6), over(0, 4)]);
  });

  it("proves every leaf of every tree, and nothing else", () => {
    for (let count = 1; count <= 40; count++) {
      const tree = Array.from({ length: count }, (_, index) => Buffer.from(`leaf ${index}`));
      const root = treeHead(tree);
      for (const [index, leaf] of tree.entries()) {
        const proof = inclusionProof(tree, index);
        const claim = { leaf, index, count, proof, root };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: Buffer.from("other") })).toBe(false);
        expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, root] })).toBe(false);
        if (proof.length > 0) expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: Buffer.alloc(32) })).toBe(false);
      }
    }
  });

  it("does not prove a leaf for another place or another number of leaves", () => {
    for (let count = 1; count <= 9; count++) {
      const tree = Array.from({ length: count }, (_, index) => Buffer.from(`leaf ${index}`));
      for (const [index, leaf] of tree.entries()) {
        const [proof, root] = [inclusionProof(tree, index), treeHead(tree)];
        // The same path leads to the same head in trees of some other sizes; the root is kept together with the count.
        for (let other = 0; other < 12; other++)
          if (other !== index) expect(verifyInclusion({ leaf, index: other, count, proof, root })).toBe(false);
        if (proof.length === 0) continue;
        expect(verifyInclusion({ leaf, index, count: 2 ** proof.length + count, proof, root })).toBe(false);
        expect(verifyInclusion({ leaf, index: index % 2, count: 1 + (index % 2), proof: [...proof, root], root })).toBe(
          false,
        );
      }
    }
    const four = leaves.slice(0, 4);
    const claim = { leaf: four[3] ?? Buffer.alloc(0), proof: inclusionProof(four, 3), root: treeHead(four) };
    expect(verifyInclusion({ ...claim, index: 3, count: 4 })).toBe(true);
    expect(verifyInclusion({ ...claim, index: 1, count: 2 })).toBe(false);
  });

  it("refuses to prove a leaf that is not there", () => {
    expect(() => inclusionProof(leaves, 8)).toThrow(RangeError);
    expect(() => inclusionProof([], 0)).toThrow(RangeError);
  });
});
