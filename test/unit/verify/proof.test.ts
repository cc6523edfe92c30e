// Proofs of single messages: made from the archive, checked by the RFC's algorithm, refused where the ledger is not right.
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Sha256 } from "../../../lib/core/digest.js";
import { sha256 } from "../../../lib/core/digest.js";
import { isMailkeepError } from "../../../lib/core/errors.js";
import { verifyInclusion } from "../../../lib/ledger/merkle.js";
import { ledgerName } from "../../../lib/ledger/record.js";
import { longestProofChain, proveMessage } from "../../../lib/verify/proof.js";
import { anArchive, keyOf } from "../../build/an-archive.js";
import { aStoredArchive } from "./a-verifier.js";

const hex = (hash: string) => Buffer.from(hash, "hex");
const corrupt = (error: unknown) => isMailkeepError(error, "corrupt") && error.reason === "ARCHIVE_CORRUPT";

it("leads from every message to the newest record", async () => {
  const archive = await aStoredArchive();
  for (const key of [keyOf("a"), keyOf("b"), keyOf("c"), keyOf("d"), keyOf("a", 2), keyOf("e")]) {
    const proof = await proveMessage(archive, archive.mailbox, key);
    const { index, count, path, root } = proof.inclusion;
    const leaf = hex(proof.message.sha256);
    expect(verifyInclusion({ leaf, index, count, proof: path.map(hex), root: hex(root) })).toBe(true);
    expect(proof.complete).toBe(true);
    expect(proof.chain.at(-1)?.seq).toBe(4);
    for (const { seq, sha256: hash } of proof.chain)
      expect(sha256((await archive.blobs.get(ledgerName(archive.mailbox, seq))).bytes)).toBe(hash);
  }
});

it("is not given of a message nobody has", async () => {
  const archive = await aStoredArchive();
  await expect(proveMessage(archive, archive.mailbox, keyOf("z"))).rejects.toSatisfy((error) =>
    isMailkeepError(error, "not-found"),
  );
});

describe("what the ledger cannot prove", () => {
  it("is refused: a later record gone from the chain, changed, or in another's place", async () => {
    const changes = [
      (bytes: Uint8Array) => Buffer.concat([bytes.subarray(0, 20), Buffer.from("x"), bytes.subarray(21)]),
      () => Buffer.from("nothing"),
      (bytes: Uint8Array) => gzipSync(gunzipSync(bytes), { level: 1 }),
    ];
    for (const change of changes) {
      const archive = await aStoredArchive();
      const name = ledgerName(archive.mailbox, 2);
      archive.blobs.tamper(name, change((await archive.blobs.get(name)).bytes));
      await expect(proveMessage(archive, archive.mailbox, keyOf("a"))).rejects.toSatisfy(corrupt);
    }
    const archive = await aStoredArchive();
    archive.blobs.tamper(
      ledgerName(archive.mailbox, 3),
      (await archive.blobs.get(ledgerName(archive.mailbox, 2))).bytes,
    );
    await expect(proveMessage(archive, archive.mailbox, keyOf("a"))).rejects.toSatisfy(corrupt);
  });

  it("is refused: a row that says other than the record, or a record that is gone", async () => {
    const archive = await aStoredArchive();
    const row = Object.keys(archive.rows.dump()).find((key) => key.includes("/t_") && key.endsWith(keyOf("d"))) ?? "";
    const change = (values: object) =>
      archive.rows.batch("messages", archive.mailbox, [
        { kind: "merge", row: row.split("/").at(-1) ?? "", values: { ...values } },
      ]);
    await change({ sha256: "0".repeat(64) as Sha256 });
    await expect(proveMessage(archive, archive.mailbox, keyOf("d"))).rejects.toSatisfy(corrupt);
    await change({ seq: 77 });
    await expect(proveMessage(archive, archive.mailbox, keyOf("d"))).rejects.toSatisfy(corrupt);
  });
});

it("says when the chain goes on beyond what it names", async () => {
  const archive = anArchive();
  await archive.commit({ stored: [{ id: "a", raw: Buffer.from("a message") }] });
  for (let n = 0; n < longestProofChain; n++) await archive.commit({});
  const whole = await proveMessage(archive, archive.mailbox, keyOf("a"));
  expect([whole.chain.length, whole.complete]).toEqual([longestProofChain + 1, true]);
  await archive.commit({});
  const cut = await proveMessage(archive, archive.mailbox, keyOf("a"));
  expect([cut.chain.length, cut.complete]).toEqual([longestProofChain + 1, false]);
});
