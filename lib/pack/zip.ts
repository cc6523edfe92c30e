// The zip file format by hand, as far as packs need it: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12
// (central directory) and 4.3.16 (end record). No zip64, no data descriptors, no extra fields, no comments.
import { MailkeepError } from "../core/errors.js";

/** 4.4.5: how an entry's data is kept. */
export const stored = 0;
export const deflated = 8;

export interface ZipEntry {
  name: string;
  method: typeof stored | typeof deflated;
  crc: number;
  /** Bytes of data in the file, and bytes after inflating. */
  compressedLength: number;
  length: number;
  /** Where the local header begins. */
  offset: number;
}

export const localHeaderLength = 30;
const directoryEntryLength = 46;
const endLength = 22;
/** Beyond these a zip needs zip64 (4.4.1.4). A pack ends long before. */
const mostEntries = 0xffff - 1;
const mostBytes = 0xffffffff - 1;

const signature = { local: 0x04034b50, directory: 0x02014b50, end: 0x06054b50 };
/** 4.4.3: deflate needs version 2.0 to extract. */
const versionNeeded = 20;
/** 4.4.2: attributes are Unix modes; 4.4.4: bit 11, the name is UTF-8. */
const madeBy = (3 << 8) | versionNeeded;
const utf8Names = 1 << 11;
const regularFile = (0o100644 << 16) >>> 0;

/** 4.4.6: 1 January 1980, 00:00, the earliest time a zip knows: date in the upper, time in the lower half. */
export const earliestDosTime = ((1 << 5) | 1) << 16;

/** What stands before an entry's data. `dosTime` as {@link earliestDosTime}. */
export function localHeader(entry: ZipEntry, dosTime: number): Buffer {
  assertFits(entry);
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(localHeaderLength + name.length);
  header.writeUInt32LE(signature.local, 0);
  writeCommon(header.subarray(4), entry, dosTime);
  name.copy(header, localHeaderLength);
  return header;
}

/** The central directory and the end record of a zip whose entries end at `offset`. */
export function directory(entries: ZipEntry[], offset: number, dosTime: number): Buffer {
  if (entries.length > mostEntries) throw new MailkeepError("too-large", `a zip of ${entries.length} entries`);
  const headers = entries.map((entry) => directoryEntry(entry, dosTime));
  const length = headers.reduce((sum, header) => sum + header.length, 0);
  if (offset + length > mostBytes) throw new MailkeepError("too-large", `a zip of ${offset + length} bytes`);
  const end = Buffer.alloc(endLength);
  end.writeUInt32LE(signature.end, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...headers, end]);
}

function directoryEntry(entry: ZipEntry, dosTime: number): Buffer {
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(directoryEntryLength + name.length);
  header.writeUInt32LE(signature.directory, 0);
  header.writeUInt16LE(madeBy, 4);
  writeCommon(header.subarray(6), entry, dosTime);
  header.writeUInt32LE(regularFile, 38);
  header.writeUInt32LE(entry.offset, 42);
  name.copy(header, directoryEntryLength);
  return header;
}

/** The fields that local header and directory share, from "version needed" on. */
function writeCommon(fields: Buffer, entry: ZipEntry, dosTime: number): void {
  fields.writeUInt16LE(versionNeeded, 0);
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(entry.method, 4);
  fields.writeUInt32LE(dosTime, 6);
  fields.writeUInt32LE(entry.crc, 10);
  fields.writeUInt32LE(entry.compressedLength, 14);
  fields.writeUInt32LE(entry.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(entry.name), 22);
}

function assertFits({ name, offset, compressedLength, length }: ZipEntry): void {
  const largest = Math.max(offset + localHeaderLength + compressedLength, length);
  if (largest > mostBytes || Buffer.byteLength(name) > 0xffff)
    throw new MailkeepError("too-large", "an entry over 4 GiB");
}

/** Reads the entry whose local header begins at index 0. @throws MailkeepError `corrupt` */
export function readLocalHeader(bytes: Buffer): Omit<ZipEntry, "offset"> & { dataAt: number } {
  if (bytes.length < localHeaderLength || bytes.readUInt32LE(0) !== signature.local) throw corrupt("no local header");
  return readCommon(bytes, 4, localHeaderLength, bytes.readUInt16LE(28));
}

/** The entries of a whole zip, in the order of its central directory. @throws MailkeepError `corrupt` */
export function readDirectory(bytes: Buffer): { entries: ZipEntry[]; offset: number } {
  const endAt = bytes.length - endLength;
  if (endAt < 0 || bytes.readUInt32LE(endAt) !== signature.end) throw corrupt("no end record");
  const count = bytes.readUInt16LE(endAt + 10);
  const offset = bytes.readUInt32LE(endAt + 16);
  if (offset + bytes.readUInt32LE(endAt + 12) !== endAt) throw corrupt("the directory is not before the end record");
  const entries: ZipEntry[] = [];
  let at = offset;
  for (let index = 0; index < count; index++) {
    if (at + directoryEntryLength > endAt || bytes.readUInt32LE(at) !== signature.directory)
      throw corrupt("no directory");
    const extra = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const { dataAt, ...entry } = readCommon(bytes.subarray(at, endAt), 6, directoryEntryLength, extra);
    entries.push({ ...entry, offset: bytes.readUInt32LE(at + 42) });
    at += dataAt;
  }
  if (at !== endAt) throw corrupt("the directory is not before the end record");
  return { entries, offset };
}

function readCommon(bytes: Buffer, at: number, nameAt: number, extra: number): ReturnType<typeof readLocalHeader> {
  const flags = bytes.readUInt16LE(at + 2);
  const method = bytes.readUInt16LE(at + 4);
  const nameEnd = nameAt + bytes.readUInt16LE(at + 22);
  if (flags !== utf8Names || extra !== 0 || nameEnd > bytes.length)
    throw corrupt("an entry not written by this program");
  if (method !== stored && method !== deflated) throw corrupt(`unknown method ${method}`);
  return {
    name: bytes.toString("utf8", nameAt, nameEnd),
    method,
    crc: bytes.readUInt32LE(at + 10),
    compressedLength: bytes.readUInt32LE(at + 14),
    length: bytes.readUInt32LE(at + 18),
    dataAt: nameEnd,
  };
}

const corrupt = (what: string): MailkeepError => new MailkeepError("corrupt", `pack: ${what}`);
