// Bytes of a pack in, messages out: one entry from a range of the blob, or a whole pack for verification.

import { promisify } from "node:util";
import { crc32, inflateRaw, inflateRawSync } from "node:zlib";
import { MailkeepError } from "../core/errors.js";
import { asBuffer } from "./base64-lines.js";
import { type Entry, MessageRecord, manifestName } from "./manifest.js";
import { deflated, localHeaderLength, readDirectory, readLocalHeader, type ZipEntry } from "./zip.js";

/** A manifest is at most 16 MiB and one line when it is written; a bomb must not fill the memory. */
const longestManifestBytes = 256 * 1024 * 1024;

const inflateInPool = promisify(inflateRaw);

/** The range of the pack that {@link readEntry} needs: local header, name and data. */
export function entryRange(entry: Entry): { offset: number; length: number } {
  const nameLength = Buffer.byteLength(entry.name);
  return { offset: entry.offset, length: localHeaderLength + nameLength + entry.compressedLength };
}

/** A message without its cuts. `bytes` is the range of {@link entryRange}. @throws MailkeepError `corrupt` */
export async function readEntry(bytes: Uint8Array, entry: Entry): Promise<Uint8Array> {
  const { header, data } = open(asBuffer(bytes), entry);
  const content = header.method === deflated ? await inflated(data, header) : data;
  return checked(content, header);
}

async function inflated(data: Buffer, { name, length }: Pick<ZipEntry, "name" | "length">): Promise<Buffer> {
  // zlib wants room for at least one byte.
  return inflateInPool(data, { maxOutputLength: Math.max(1, length) }).catch(broken(name));
}

type Header = ReturnType<typeof readLocalHeader>;

/** Compares the local header with what manifest or directory say of the entry. */
function open(bytes: Buffer, entry: Entry): { header: Header; data: Buffer } {
  const header = readLocalHeader(bytes);
  const { name, compressedLength, length, dataAt } = header;
  const same = name === entry.name && compressedLength === entry.compressedLength && length === entry.length;
  if (!same) throw corrupt(entry.name, "has another name or length in its header");
  if (bytes.length < dataAt + compressedLength) throw corrupt(entry.name, "is cut short");
  return { header, data: bytes.subarray(dataAt, dataAt + compressedLength) };
}

function checked(content: Buffer, { name, length, crc }: Pick<ZipEntry, "name" | "length" | "crc">): Buffer {
  if (content.length !== length) throw corrupt(name, `has ${content.length} bytes instead of ${length}`);
  if (crc32(content) !== crc) throw corrupt(name, "has another CRC-32");
  return content;
}

/** The messages of a pack as its own manifest tells them. `bytes` is the whole pack. @throws MailkeepError `corrupt` */
export function readManifest(bytes: Uint8Array): MessageRecord[] {
  const { entries } = readDirectory(asBuffer(bytes));
  const last = entries.at(-1);
  if (last?.name !== manifestName) throw corrupt(manifestName, "is not the last entry");
  const { header, data } = open(asBuffer(bytes).subarray(last.offset), last);
  if (header.length > longestManifestBytes) throw corrupt(manifestName, "is too long");
  const text = checked(header.method === deflated ? inflatedSync(data, header.length) : data, header).toString("utf8");
  if (!text.endsWith("\n")) throw corrupt(manifestName, "does not end with a line");
  return text.slice(0, -1).split("\n").map(parseLine);
}

function inflatedSync(data: Buffer, length: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, length) });
  } catch (cause) {
    return broken(manifestName)(cause);
  }
}

function parseLine(line: string, index: number): MessageRecord {
  const parsed = MessageRecord.safeParse(json(line));
  if (!parsed.success) throw corrupt(manifestName, `line ${index + 1} is not a message record`);
  return parsed.data;
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Not JSON is not a record either; the syntax error would quote mail.
    return undefined;
  }
}

export interface PackedMessage {
  record: MessageRecord;
  /** The message without its cuts. */
  skeleton: Uint8Array;
}

/**
 * Every message of a whole pack, in order. Checks directory, local headers, manifest and CRCs against each other, and
 * that nothing stands between or beside the entries. @throws MailkeepError `corrupt` at the first thing that is wrong
 */
export async function* readPack(bytes: Uint8Array): AsyncGenerator<PackedMessage> {
  const pack = asBuffer(bytes);
  const { entries, offset: end } = readDirectory(pack);
  const manifest = readManifest(pack);
  checkGapless(entries, end);
  if (entries.length !== manifest.length + 1) throw corrupt(manifestName, "tells another number of messages");
  for (const [index, record] of manifest.entries()) {
    const entry = entries[index];
    const range = entryRange(record.entry);
    if (entry?.name !== record.entry.name || entry.offset !== range.offset || entry.name !== `m/${index + 1}.eml`)
      throw corrupt(record.entry.name, "stands elsewhere than the manifest says");
    const skeleton = await readEntry(pack.subarray(range.offset, range.offset + range.length), record.entry);
    yield { record, skeleton };
  }
}

function checkGapless(entries: ZipEntry[], end: number): void {
  let at = 0;
  for (const entry of entries) {
    const { offset, length } = entryRange(entry);
    if (offset !== at) throw corrupt(entry.name, "does not follow the entry before it");
    at = offset + length;
  }
  if (at !== end) throw new MailkeepError("corrupt", "pack: something stands between entries and directory");
}

const corrupt = (name: string, what: string): MailkeepError => new MailkeepError("corrupt", `pack: ${name} ${what}`);

const broken =
  (name: string) =>
  (cause: unknown): never => {
    throw new MailkeepError("corrupt", `pack: ${name} cannot be inflated`, { cause });
  };
