import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { type MessageRecord, manifestName, type Unplaced } from "../../../lib/pack/manifest.js";
import { merkleRoot } from "../../../lib/pack/merkle.js";
import { entryRange, readEntry, readManifest, readPack } from "../../../lib/pack/reader.js";
import { openPack, type SealedPack } from "../../../lib/pack/writer.js";
import { directory, earliestDosTime, localHeader, type ZipEntry } from "../../../lib/pack/zip.js";
import { prose, seeded } from "./seeded.js";

const random = seeded(4);

function aRecord(skeleton: Uint8Array, index: number): Unplaced {
  return {
    key: index.toString(16).padStart(32, "0") as Unplaced["key"],
    id: `AAMk${index}`,
    version: 1,
    folderId: "inbox",
    folderPath: "/Inbox",
    receivedAt: "2026-03-01T10:00:00Z",
    subject: `Grüße \ud800 \u2028 ${index}`,
    size: skeleton.length,
    sha256: sha256(skeleton),
    fidelity: "mime",
    cuts: [],
  };
}

async function packOf(skeletons: Uint8Array[]): Promise<SealedPack> {
  const pack = openPack();
  await Promise.all(skeletons.map((skeleton, index) => pack.add(aRecord(skeleton, index), skeleton)));
  return pack.seal();
}

const skeletons = [
  Buffer.from("Subject: short\r\n\r\nx"),
  Buffer.alloc(0),
  random.bytes(70_000),
  ...Array.from({ length: 60 }, (_, index) => Buffer.from(prose(random, 500 * index + 1, "\r\n"))),
];

describe("a pack", () => {
  it("gives every message back from its range alone, whatever was compressed at the same time", async () => {
    const { bytes, stored } = await packOf(skeletons);
    expect(new Set(stored.map(({ key }) => key)).size).toBe(skeletons.length);
    for (const record of stored) {
      const { offset, length } = entryRange(record.entry);
      const skeleton = await readEntry(bytes.subarray(offset, offset + length), record.entry);
      expect(sha256(skeleton)).toBe(record.sha256);
    }
  });

  it("tells in its manifest what it says it stored, in the order of its entries", async () => {
    const sealed = await packOf(skeletons);
    expect(readManifest(sealed.bytes)).toEqual(sealed.stored);
    expect(sealed.stored.map(({ entry }) => entry.name)).toEqual(skeletons.map((_, index) => `m/${index + 1}.eml`));
    expect(sealed.sha256).toBe(sha256(sealed.bytes));
    expect(sealed.merkleRoot).toBe(merkleRoot(sealed.stored.map((message) => message.sha256)));
    let count = 0;
    for await (const { record, skeleton } of readPack(sealed.bytes)) {
      expect(record).toEqual(sealed.stored[count++]);
      expect(sha256(skeleton)).toBe(record.sha256);
    }
    expect(count).toBe(skeletons.length);
  });

  it("is the same for the same messages", async () => {
    const [first, second] = [openPack(), openPack()];
    for (const pack of [first, second])
      for (const [index, skeleton] of skeletons.entries()) await pack.add(aRecord(skeleton, index), skeleton);
    expect((await first.seal()).sha256).toBe((await second.seal()).sha256);
  });

  it("writes the keys of a record in one order", async () => {
    const skeleton = Buffer.from("x");
    const record = aRecord(skeleton, 1);
    const turned = Object.fromEntries(Object.entries(record).reverse()) as typeof record;
    const packs = [openPack(), openPack()];
    await packs[0]?.add(record, skeleton);
    await packs[1]?.add(turned, skeleton);
    const [first, second] = await Promise.all(packs.map((pack) => pack.seal()));
    expect(first?.sha256).toBe(second?.sha256);
  });

  it("is full at its count, its size, or the size of its manifest", async () => {
    const text = random.bytes(1000);
    const byCount = openPack({ targetBytes: 1e6, messages: 2 });
    const adding = [byCount.add(aRecord(text, 1), text), byCount.add(aRecord(text, 2), text)];
    expect([byCount.count, byCount.full]).toEqual([2, true]);
    await Promise.all(adding);
    const bySize = openPack({ targetBytes: 2000, messages: 100 });
    await bySize.add(aRecord(text, 1), text);
    expect([bySize.full, bySize.bytes > 1000]).toEqual([false, true]);
    await bySize.add(aRecord(text, 2), text);
    expect(bySize.full).toBe(true);
    const byManifest = openPack({ targetBytes: 5000, messages: 100 });
    await byManifest.add({ ...aRecord(text, 1), subject: "x".repeat(5000) }, text);
    expect(byManifest.full).toBe(true);
  });

  it("refuses a record it could not read back, and goes on without it", async () => {
    const pack = openPack();
    const skeleton = Buffer.from("x");
    const bad = { ...aRecord(skeleton, 1), size: -1, subject: "secret" };
    const refused = pack.add(bad, skeleton);
    await expect(refused).rejects.toMatchObject({ code: "invalid", message: "message record: size (too_small)" });
    await expect(pack.seal()).rejects.toMatchObject({ code: "invalid" });
    const next = openPack();
    await next.add(bad, skeleton).catch(() => {});
    await next.add(aRecord(skeleton, 2), skeleton);
    expect((await next.seal()).stored.length).toBe(1);
    await expect(next.add(aRecord(skeleton, 3), skeleton)).rejects.toMatchObject({ code: "invalid" });
  });

  it("waits for what is still being compressed when it is sealed", async () => {
    const pack = openPack();
    const adding = skeletons.map((skeleton, index) => pack.add(aRecord(skeleton, index), skeleton));
    expect((await pack.seal()).stored.length).toBe(skeletons.length);
    await Promise.all(adding);
  });
});

describe("a damaged pack", () => {
  it("is never read as a good one, whichever byte is changed", async () => {
    const { bytes, stored } = await packOf([Buffer.from("one"), Buffer.from(prose(random, 600, "\n"))]);
    const expected = stored.map((record) => record.sha256);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      const read: string[] = [];
      try {
        for await (const { record, skeleton } of readPack(damaged)) {
          expect(sha256(skeleton), `byte ${at}`).toBe(record.sha256);
          read.push(record.sha256);
        }
        // Times, versions and attributes are of no consequence; the messages must be the same.
        expect(read, `byte ${at}`).toEqual(expected);
      } catch (error) {
        if (!(error instanceof Error && "code" in error)) throw error;
        expect(error, `byte ${at}`).toMatchObject({ name: "MailkeepError", code: "corrupt" });
      }
    }
  });

  it("is refused when it is cut short or longer than it was", async () => {
    const { bytes, stored } = await packOf([Buffer.from(prose(random, 300, "\n"))]);
    for (const length of [0, 10, 21, 22, 100, bytes.length - 1])
      expect(() => readManifest(bytes.subarray(0, length)), `${length}`).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
    expect(() => readManifest(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(
      expect.objectContaining({ code: "corrupt" }),
    );
    const [record] = stored;
    if (record === undefined) throw new Error("one message expected");
    const { offset, length } = entryRange(record.entry);
    for (const short of [0, 5, length - 1])
      await expect(readEntry(bytes.subarray(offset, offset + short), record.entry)).rejects.toMatchObject({
        code: "corrupt",
      });
  });

  it("is refused when the entry is not the one that was asked for", async () => {
    const { bytes, stored } = await packOf([Buffer.from("aaaa"), Buffer.from("bbbb")]);
    const [first, second] = stored;
    if (first === undefined || second === undefined) throw new Error("two messages expected");
    const range = entryRange(first.entry);
    const wrong = bytes.subarray(range.offset, range.offset + range.length);
    await expect(readEntry(wrong, second.entry)).rejects.toMatchObject({ code: "corrupt" });
    await expect(readEntry(wrong, { ...first.entry, length: 5 })).rejects.toMatchObject({ code: "corrupt" });
  });
});

describe("a zip that is no pack", () => {
  const messages = [Buffer.from("first"), Buffer.from("second")];

  /** What a writer with a mistake would make: stored entries, with `between` behind each. */
  function aZip(lines: MessageRecord[], between = "", names = ["m/1.eml", "m/2.eml", manifestName]): Buffer {
    const manifest = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const entries: ZipEntry[] = [];
    let bytes = Buffer.alloc(0);
    for (const [index, data] of [...messages, manifest].entries()) {
      const sizes = { compressedLength: data.length, length: data.length };
      const entry = { name: names[index] ?? "", method: 0 as const, crc: crc32(data), ...sizes, offset: bytes.length };
      entries.push(entry);
      bytes = Buffer.concat([
        bytes,
        localHeader(entry, earliestDosTime),
        data,
        Buffer.from(index === 0 ? between : ""),
      ]);
    }
    return Buffer.concat([bytes, directory(entries, bytes.length, earliestDosTime)]);
  }

  async function readAll(bytes: Buffer): Promise<string[]> {
    const read: string[] = [];
    for await (const { skeleton } of readPack(bytes)) read.push(Buffer.from(skeleton).toString());
    return read;
  }

  const lines = messages.map((data, index): MessageRecord => {
    const offset = index === 0 ? 0 : 30 + 7 + 5;
    const entry = { name: `m/${index + 1}.eml`, offset, compressedLength: data.length, length: data.length };
    return { ...aRecord(data, index), entry };
  });
  const [first, second] = lines as [MessageRecord, MessageRecord];

  it("is told from one that is", async () => {
    expect(await readAll(aZip(lines))).toEqual(["first", "second"]);
  });

  it.each<[string, () => Buffer]>([
    ["bytes between the entries", () => aZip([first, { ...second, entry: { ...second.entry, offset: 43 } }], "x")],
    ["a directory that is longer than it says", () => withHiddenEntry(aZip(lines))],
    ["a message the manifest does not tell of", () => aZip([first])],
    ["a message told of twice", () => aZip([first, second, second])],
    ["a manifest in another order", () => aZip([second, first])],
    ["two lines for one entry", () => aZip([first, { ...second, entry: first.entry }])],
    ["other names", () => aZip(lines, "", ["m/1.eml", "m/3.eml", manifestName])],
    ["no manifest", () => aZip(lines, "", ["m/1.eml", "m/2.eml", "m/3.eml"])],
    ["an empty manifest", () => aZip([])],
    ["a directory entry too many", () => withCount(aZip(lines), 2)],
    ["a directory entry too few", () => withCount(aZip(lines), 4)],
  ])("is refused: %s", async (_, zip) => {
    await expect(readAll(zip())).rejects.toMatchObject({ code: "corrupt" });
  });

  /** One more directory entry, counted in the length of the directory and not in its entries. */
  function withHiddenEntry(zip: Buffer): Buffer {
    const end = Buffer.from(zip.subarray(-22));
    const hidden = zip.subarray(zip.length - 22 - 46 - manifestName.length, -22);
    end.writeUInt32LE(end.readUInt32LE(12) + hidden.length, 12);
    return Buffer.concat([zip.subarray(0, -22), hidden, end]);
  }

  function withCount(zip: Buffer, count: number): Buffer {
    zip.writeUInt16LE(count, zip.length - 14);
    zip.writeUInt16LE(count, zip.length - 12);
    return zip;
  }

  it("is not written beyond what a zip without zip64 can say", () => {
    const entry: ZipEntry = { name: "m/1.eml", method: 0, crc: 0, compressedLength: 5, length: 5, offset: 0 };
    expect(() => localHeader({ ...entry, offset: 2 ** 32 - 20 }, 0)).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
    expect(() => localHeader({ ...entry, length: 2 ** 32 }, 0)).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => directory(Array(65_535).fill(entry), 0, 0)).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => directory([entry], 2 ** 32 - 50, 0)).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});

describe("a pack and other people's programs", () => {
  const folder = mkdtempSync(join(tmpdir(), "mailkeep-pack-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const has = (program: string, arg: string) => spawnSync(program, [arg]).status === 0;
  const file = join(folder, "pack.zip");

  async function written(): Promise<SealedPack> {
    const sealed = await packOf(skeletons);
    writeFileSync(file, sealed.bytes);
    return sealed;
  }

  it.skipIf(!has("unzip", "-v"))("opens with unzip, which finds every message", async () => {
    const { stored } = await written();
    const tested = spawnSync("unzip", ["-t", file], { encoding: "utf8" });
    expect([tested.status, tested.stdout.trim().split("\n").at(-1)]).toEqual([
      0,
      `No errors detected in compressed data of ${file}.`,
    ]);
    expect(spawnSync("unzip", ["-q", "-o", file, "-d", folder]).status).toBe(0);
    expect(readdirSync(join(folder, "m")).length).toBe(stored.length);
    for (const { entry, ...record } of stored)
      expect(sha256(readFileSync(join(folder, entry.name)))).toBe(record.sha256);
  });

  it.skipIf(!has("python3", "--version"))("opens with Python's zipfile", async () => {
    const { stored } = await written();
    const script = [
      "import sys, zipfile, hashlib, json",
      "z = zipfile.ZipFile(sys.argv[1])",
      "assert z.testzip() is None",
      "assert z.namelist()[-1] == 'manifest.jsonl'",
      "lines = [json.loads(l) for l in z.read('manifest.jsonl').decode().split('\\n')[:-1]]",
      "assert all(hashlib.sha256(z.read(l['entry']['name'])).hexdigest() == l['sha256'] for l in lines)",
      "print(len(lines), z.getinfo('m/1.eml').date_time, oct(z.getinfo('m/1.eml').external_attr >> 16))",
    ].join("\n");
    const read = spawnSync("python3", ["-c", script, file], { encoding: "utf8" });
    expect([read.stderr, read.stdout]).toEqual(["", `${stored.length} (1980, 1, 1, 0, 0, 0) 0o100644\n`]);
  });
});
