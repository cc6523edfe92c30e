// What follows the mail in the zip: the indexes, the list of what is missing, a bag's manifests, and the zip's directory.
import { createHash } from "node:crypto";
import type { BlobStore } from "../ports/blob-store.js";
import type { ExportStore } from "../ports/export-store.js";
import { byteOrderMark, csvLine } from "./csv.js";
import { type Export, type Gap, type IndexLine, type Part, partName, pieceNames } from "./export.js";
import { proofFiles } from "./proofs.js";
import { getJson } from "./repo.js";
import { addToEntry, beginEntry, endEntry, type ZipOut } from "./zip-out.js";
import { endRecords } from "./zip64.js";

interface TagFile {
  name: string;
  lines(): AsyncIterable<string>;
}

/** Writes all of it. `base`: the folder that holds everything, with its slash. Returns how many entries the zip has. */
export async function finishZip(
  value: Export,
  {
    out,
    exports,
    blobs,
    base,
    time,
  }: { out: ZipOut; exports: ExportStore; blobs: BlobStore; base: string; time: string },
): Promise<number> {
  const parts = () => partsOf(value, exports);
  const records: Buffer[] = [];
  const sums: string[] = [];
  for (const { name, lines } of [...lists(parts), ...(value.format === "bagit" ? bagFiles(value, parts, time) : [])])
    await add(name, inPieces(lines()));
  if (value.format === "bagit" && value.asked.proofs !== false)
    for await (const { name, pieces } of proofFiles(parts(), blobs)) await add(name, pieces());
  if (value.format === "bagit") await add("tagmanifest-sha256.txt", inPieces(iterated(sums)));
  const entries = value.entries + records.length;
  const offset = out.offset();
  for await (const { directory } of parts()) await out.write(Buffer.from(directory, "base64"));
  for (const record of records) await out.write(record);
  await out.write(endRecords({ entries, offset, length: out.offset() - offset }));
  return entries;

  async function add(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const entry = await beginEntry(out, { name: base + name, time, expected: 0 });
    const hash = createHash("sha256");
    for await (const bytes of pieces) {
      hash.update(bytes);
      await addToEntry(out, entry, bytes);
    }
    records.push(await endEntry(out, entry));
    sums.push(`${hash.digest("hex")}  ${name}\n`);
  }
}

async function* partsOf({ id, parts }: Export, exports: ExportStore): AsyncIterable<Part> {
  for (const piece of pieceNames(parts)) yield getJson<Part>(exports, partName(id, piece));
}

type Parts = () => AsyncIterable<Part>;

function lists(parts: Parts): TagFile[] {
  const indexRows = (write: (line: IndexLine) => string) => mapped(parts, ({ index }) => index.map(write));
  const gapRows = (write: (gap: Gap) => string) => mapped(parts, ({ gaps }) => gaps.map(write));
  return [
    {
      name: "index.csv",
      lines: () =>
        headed(
          indexHead,
          indexRows((line) => csvLine(indexHead.map((name) => line[name] ?? ""))),
        ),
    },
    { name: "index.jsonl", lines: () => indexRows((line) => `${JSON.stringify(line)}\n`) },
    {
      name: "not-exported.csv",
      lines: () =>
        headed(
          gapHead,
          gapRows((gap) => csvLine(gapHead.map((name) => gap[name] ?? ""))),
        ),
    },
    { name: "not-exported.jsonl", lines: () => gapRows((gap) => `${JSON.stringify(gap)}\n`) },
  ];
}

const indexHead = [
  "key",
  "folder",
  "subject",
  "from",
  "date",
  "size",
  "sha256",
  "file",
  "fromName",
  "address",
  "mailbox",
  "version",
  "removedAtSource",
  "offset",
] as const satisfies (keyof IndexLine)[];
const gapHead = [
  "code",
  "message",
  "key",
  "folderPath",
  "subject",
  "address",
  "mailbox",
] as const satisfies (keyof Gap)[];

/** RFC 8493: section 2.1.1 the declaration, 2.1.3 the manifest of the payload, 2.2.2 what is told of the bag. */
function bagFiles(value: Export, parts: Parts, time: string): TagFile[] {
  const { written, id } = value;
  const told = [
    "Bag-Software-Agent: mailkeep",
    `Bagging-Date: ${time.slice(0, 10)}`,
    `External-Identifier: ${id}`,
    `Payload-Oxum: ${written.bytes}.${written.messages}`,
  ];
  const inBag = (file: string) => file.replace(/[%\r\n]/g, encodeURIComponent);
  return [
    { name: "bagit.txt", lines: () => iterated(["BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"]) },
    { name: "bag-info.txt", lines: () => iterated(told.map((line) => `${line}\n`)) },
    {
      name: "manifest-sha256.txt",
      lines: () => mapped(parts, ({ index }) => index.map(({ sha256, file }) => `${sha256}  ${inBag(file)}\n`)),
    },
  ];
}

async function* mapped(parts: Parts, write: (part: Part) => string[]): AsyncIterable<string> {
  for await (const part of parts()) yield* write(part);
}

async function* headed(head: readonly string[], lines: AsyncIterable<string>): AsyncIterable<string> {
  yield byteOrderMark + csvLine([...head]);
  yield* lines;
}

async function* iterated(lines: string[]): AsyncIterable<string> {
  yield* lines;
}

const pieceCharacters = 1024 * 1024;

async function* inPieces(lines: AsyncIterable<string>): AsyncIterable<Buffer> {
  let piece: string[] = [];
  let length = 0;
  for await (const line of lines) {
    piece.push(line);
    length += line.length;
    if (length < pieceCharacters) continue;
    yield Buffer.from(piece.join(""));
    [piece, length] = [[], 0];
  }
  yield Buffer.from(piece.join(""));
}
