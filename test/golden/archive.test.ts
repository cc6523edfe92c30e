import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../lib/core/digest.js";
import { checkChain } from "../../lib/ledger/chain.js";
import { decodeRecord } from "../../lib/ledger/codec.js";
import { attachmentPath, ledgerPrefix, packPath } from "../../lib/ledger/record.js";
import { entryRange, readEntry, readManifest, readPack } from "../../lib/pack/reader.js";
import { spliceBytes } from "../../lib/pack/splice.js";
import { buildArchive, commits, mailbox } from "./build-archive.js";

/** The frozen archive: format version 1 as it was first written. A change that cannot read it loses customers' mail. */
const root = join(import.meta.dirname, "archive");
const read = (name: string): Buffer => readFileSync(join(root, name));
const names = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => statSync(join(root, name)).isFile())
  .map((name) => name.replaceAll("\\", "/"))
  .sort();
const ledger = names.filter((name) => name.startsWith(ledgerPrefix(mailbox)));

/** A blob's name is the hash of its content, so a copy on disk shows whether it was gzipped. */
function attachment(hash: string): Buffer {
  const stored = read(attachmentPath(hash as Parameters<typeof attachmentPath>[0]));
  return sha256(stored) === hash ? stored : gunzipSync(stored);
}

describe("the frozen archive of format version 1", () => {
  it("has a whole chain", () => {
    expect(ledger.length).toBe(2);
    expect(checkChain(ledger.map((name) => ({ name, bytes: read(name) })))).toEqual([]);
  });

  it("gives every message back from ledger, pack range and attachments", async () => {
    for (const [index, name] of ledger.entries()) {
      const record = decodeRecord(read(name));
      expect(record.stored.length).toBe(commits[index]?.length);
      const pack = read(packPath(mailbox, record.pack?.name ?? ""));
      expect(sha256(pack)).toBe(record.pack?.sha256);
      expect(readManifest(pack)).toEqual(record.stored);
      for (const [at, message] of record.stored.entries()) {
        const { offset, length } = entryRange(message.entry);
        const skeleton = await readEntry(pack.subarray(offset, offset + length), message.entry);
        const raw = spliceBytes(skeleton, message.cuts.map((cut) => ({ cut, content: attachment(cut.sha256) })));
        expect(sha256(raw)).toBe(message.sha256);
        expect(commits[index]?.[at]?.raw.equals(raw)).toBe(true);
      }
    }
  });

  it("means what today's program would write", async () => {
    const today = await buildArchive();
    const without = (record: ReturnType<typeof decodeRecord>) => ({ ...record, previous: null, pack: null });
    // Deflate may choose other bytes on another processor; names and lengths of packs may differ with them.
    for (const name of ledger) {
      const [frozen, fresh] = [decodeRecord(read(name)), decodeRecord(today.get(name) ?? Buffer.alloc(0))];
      const placed = fresh.stored.map((message, index) => ({ ...message, entry: frozen.stored[index]?.entry }));
      expect({ ...without(fresh), stored: placed }).toEqual(without(frozen));
      expect(fresh.pack?.merkleRoot).toBe(frozen.pack?.merkleRoot);
      for await (const { record } of readPack(read(packPath(mailbox, frozen.pack?.name ?? ""))))
        expect(record.fidelity).toBe("mime");
    }
    expect([...today.keys()].filter((name) => name.startsWith("attachments/")).sort()).toEqual(
      names.filter((name) => name.startsWith("attachments/")),
    );
  });
});
