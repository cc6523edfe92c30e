// Zips beyond the old limits, as Python and unzip read them.
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { memoryExportStore } from "../../../lib/adapters/memory/export-store.js";
import { deflatePiece, lastBlock } from "../../../lib/export/deflate.js";
import { addToEntry, beginEntry, endEntry, openZipOut, wholeEntry } from "../../../lib/export/zip-out.js";
import {
  dataDescriptor,
  directoryRecord,
  dosTime,
  endRecords,
  localHeader,
  type ZipEntry,
} from "../../../lib/export/zip64.js";
import { hasPython, hasUnzip, python, unzipped } from "../../build/an-export.js";

const folder = mkdtempSync(join(tmpdir(), "mailkeep-zip-"));
afterAll(() => rmSync(folder, { recursive: true }));

const time = "2026-03-01T08:00:00Z";
const GiB = 1024 ** 3;
const listed = "import zipfile,sys,json; z=zipfile.ZipFile(sys.argv[1]); ";

async function aZip(fill: (out: ReturnType<typeof openZipOut>) => Promise<Buffer[]>): Promise<Uint8Array> {
  const exports = memoryExportStore();
  const out = openZipOut(exports, { name: "a", writer: "w", before: 0, offset: 0 });
  const records = await fill(out);
  const directory = Buffer.concat(records);
  const offset = out.offset();
  await out.write(directory);
  await out.write(endRecords({ entries: records.length, offset, length: directory.length }));
  await out.flush();
  await exports.commitBlocks(
    "a",
    Array.from({ length: out.blocks() }, (_, i) => `${String(i).padStart(6, "0")}-w`),
    {
      contentType: "x/y",
    },
  );
  return (await exports.get("a")).bytes;
}

describe.skipIf(!hasPython)("a zip", () => {
  it("of more than 65,535 entries is read whole", { timeout: 60_000 }, async () => {
    const deflated = await deflatePiece(Buffer.from("x"));
    const count = 66_000;
    const zip = await aZip(async (out) => {
      const records: Buffer[] = [];
      for (let n = 0; n < count; n++)
        records.push(await wholeEntry(out, { name: `m/${n}.eml`, time }, { bytes: Buffer.from("x"), deflated }));
      return records;
    });
    const file = join(folder, "many.zip");
    writeFileSync(file, zip);
    const told = python(
      `${listed}print(json.dumps([len(z.namelist()), z.testzip(), z.read("m/65999.eml").decode()]))`,
      file,
    );
    expect(JSON.parse(told)).toEqual([count, null, "x"]);
    if (hasUnzip) expect(execFileSync("unzip", ["-tqq", file], { encoding: "utf8" })).toBe("");
  });

  it("with entries beyond 4 GiB, in length and in place, is read", () => {
    // The gap between the entries is a hole in the file: it takes no room on the disk.
    const file = join(folder, "large.zip");
    const handle = openSync(file, "w");
    const data = Buffer.concat([Buffer.from([0x01, 0x01, 0x00, 0xfe, 0xff]), Buffer.from("x")]);
    const entry = (name: string, offset: number, wide: boolean): ZipEntry => ({
      name,
      offset,
      wide,
      streamed: true,
      time,
      crc: crc32("x"),
      length: 1,
      compressedLength: data.length,
    });
    const entries = [entry("near.eml", 0, true), entry("far.eml", 5 * GiB, false)];
    for (const one of entries)
      writeSync(handle, Buffer.concat([localHeader(one), data, dataDescriptor(one)]), 0, undefined, one.offset);
    const large = { ...entry("large.mbox", 100, true), length: 6 * GiB, compressedLength: 5 * GiB - 200 };
    const directory = Buffer.concat([...entries, large].map(directoryRecord));
    const offset = 5 * GiB + 1_000;
    writeSync(handle, directory, 0, undefined, offset);
    const end = endRecords({ entries: 3, offset, length: directory.length });
    writeSync(handle, end, 0, undefined, offset + directory.length);
    ftruncateSync(handle, offset + directory.length + end.length);
    closeSync(handle);
    const told = python(
      `${listed}print(json.dumps([[i.filename, i.file_size, i.compress_size, i.header_offset] for i in z.infolist()] + [z.read("near.eml").decode(), z.read("far.eml").decode()]))`,
      file,
    );
    expect(JSON.parse(told)).toEqual([
      ["near.eml", 1, data.length, 0],
      ["far.eml", 1, data.length, 5 * GiB],
      ["large.mbox", 6 * GiB, 5 * GiB - 200, 100],
      "x",
      "x",
    ]);
  });

  it.each([0, 3 * GiB])("holds entries written in pieces, expected to have %d bytes", async (expected) => {
    const pieces = ["one ", "", "two ", "x".repeat(100_000)].map((text) => Buffer.from(text));
    const zip = await aZip(async (out) => {
      const entry = await beginEntry(out, { name: "ü/漢字.mbox", time, expected });
      for (const piece of pieces) await addToEntry(out, entry, piece);
      return [await endEntry(out, entry)];
    });
    expect([...unzipped(zip).files]).toEqual([["ü/漢字.mbox", Buffer.concat(pieces)]]);
  });

  it("forgets what it goes back behind, whether it was staged or not", async () => {
    const large = Buffer.alloc(11 * 1024 * 1024, "large ");
    const zip = await aZip(async (out) => {
      const records: Buffer[] = [];
      for (const n of [1, 2]) {
        const bytes = Buffer.from(`kept ${n}`);
        records.push(await wholeEntry(out, { name: `${n}.eml`, time }, { bytes, deflated: await deflatePiece(bytes) }));
        const mark = out.mark();
        await out.write(large);
        out.goBack(mark);
      }
      return records;
    });
    expect([...unzipped(zip).files].map(([name, bytes]) => [name, String(bytes)])).toEqual([
      ["1.eml", "kept 1"],
      ["2.eml", "kept 2"],
    ]);
    expect(zip.length).toBeLessThan(1_000);
  });
});

it("an empty zip is one", async () => {
  expect(await aZip(async () => [])).toHaveLength(22);
});

it.each([
  ["2026-03-01T08:05:09Z", [2026, 3, 1, 8, 5, 8]],
  ["1601-01-01T00:00:00Z", [1980, 1, 1, 0, 0, 0]],
  ["9999-12-31T23:59:59Z", [2107, 12, 31, 23, 59, 58]],
  ["never", [1980, 1, 1, 0, 0, 0]],
])("the time %s is kept as %j", (iso, [year = 0, month, day, hour, minute, second]) => {
  const [date, clock] = [dosTime(iso) >>> 16, dosTime(iso) & 0xffff];
  expect([1980 + (date >> 9), (date >> 5) & 15, date & 31, clock >> 11, (clock >> 5) & 63, (clock & 31) * 2]).toEqual([
    year,
    month,
    day,
    hour,
    minute,
    second,
  ]);
});

it("the pieces of a deflate stream do not know of each other", async () => {
  const pieces = await Promise.all(["a".repeat(1_000), "b", ""].map((text) => deflatePiece(Buffer.from(text))));
  const { inflateRawSync } = await import("node:zlib");
  expect(inflateRawSync(Buffer.concat([...pieces, lastBlock])).toString()).toBe(`${"a".repeat(1_000)}b`);
});
