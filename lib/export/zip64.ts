// The zip file format by hand, with Zip64: PKWARE APPNOTE 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
// Every entry is deflated and its record can be made again from a few numbers, so that a writer can stop and go on elsewhere.

/** What the directory says of one entry. */
export interface ZipEntry {
  /** UTF-8, parted by slashes. */
  name: string;
  crc: number;
  /** Bytes after inflating, and bytes of data in the file. */
  length: number;
  compressedLength: number;
  /** Where the local header begins. */
  offset: number;
  /** ISO 8601; kept to two seconds, in UTC. */
  time: string;
  /** Lengths and CRC follow the data, because they were not known before it (4.4.4, bit 3). */
  streamed: boolean;
  /** The lengths take 8 bytes in local header and descriptor (4.3.9.2): needed when they may reach 4 GiB. */
  wide: boolean;
}

const signature = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  directory: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
};
/** 4.4.3.2: 2.0 for deflate, 4.5 for Zip64. */
const version = { deflate: 20, zip64: 45 };
/** 4.4.2: attributes are Unix modes. */
const unix = 3 << 8;
const regularFile = (0o100644 << 16) >>> 0;
/** 4.4.4: bit 3, a data descriptor follows; bit 11, the name is UTF-8. */
const flag = { streamed: 1 << 3, utf8: 1 << 11 };
const deflated = 8;
/** 4.5.3: the Zip64 extra field. */
const zip64Field = 0x0001;
/** 4.4.1.4: a field full of ones says that the Zip64 record has the value. */
const full16 = 0xffff;
const full32 = 0xffffffff;

/** 4.3.7. */
export function localHeader(entry: ZipEntry): Buffer {
  const { streamed, wide, length, compressedLength } = entry;
  const name = Buffer.from(entry.name);
  // 4.5.3: in a local header the field holds both lengths.
  const extra = wide ? zip64Extra(streamed ? [0, 0] : [length, compressedLength]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(signature.local, 0);
  writeCommon(header.subarray(4), entry, wide);
  header.writeUInt32LE(streamed ? 0 : entry.crc, 14);
  header.writeUInt32LE(wide ? full32 : streamed ? 0 : compressedLength, 18);
  header.writeUInt32LE(wide ? full32 : streamed ? 0 : length, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** 4.3.9: what follows the data of a streamed entry. */
export function dataDescriptor({ crc, compressedLength, length, wide }: ZipEntry): Buffer {
  const record = Buffer.alloc(wide ? 24 : 16);
  record.writeUInt32LE(signature.descriptor, 0);
  record.writeUInt32LE(crc, 4);
  if (wide) {
    record.writeBigUInt64LE(BigInt(compressedLength), 8);
    record.writeBigUInt64LE(BigInt(length), 16);
  } else {
    record.writeUInt32LE(compressedLength, 8);
    record.writeUInt32LE(length, 12);
  }
  return record;
}

/** 4.3.12: the entry's record in the central directory. */
export function directoryRecord(entry: ZipEntry): Buffer {
  const { length, compressedLength, offset } = entry;
  const name = Buffer.from(entry.name);
  // 4.5.3: only what does not fit, in this order.
  const large = [length, compressedLength, offset].filter((value) => value >= full32);
  const extra = large.length > 0 ? zip64Extra(large) : Buffer.alloc(0);
  const needs64 = large.length > 0 || entry.wide;
  const record = Buffer.alloc(46);
  record.writeUInt32LE(signature.directory, 0);
  record.writeUInt16LE(unix | version.zip64, 4);
  writeCommon(record.subarray(6), entry, needs64);
  record.writeUInt32LE(entry.crc, 16);
  record.writeUInt32LE(Math.min(compressedLength, full32), 20);
  record.writeUInt32LE(Math.min(length, full32), 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(regularFile, 38);
  record.writeUInt32LE(Math.min(offset, full32), 42);
  return Buffer.concat([record, name, extra]);
}

/** 4.3.14 to 4.3.16: what ends a zip whose directory of `length` bytes begins at `offset`. */
export function endRecords({ entries, offset, length }: { entries: number; offset: number; length: number }): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(signature.end, 0);
  end.writeUInt16LE(Math.min(entries, full16), 8);
  end.writeUInt16LE(Math.min(entries, full16), 10);
  end.writeUInt32LE(Math.min(length, full32), 12);
  end.writeUInt32LE(Math.min(offset, full32), 16);
  if (entries < full16 && offset < full32 && length < full32) return end;
  return Buffer.concat([end64({ entries, offset, length }), end]);
}

function end64({ entries, offset, length }: { entries: number; offset: number; length: number }): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(signature.end64, 0);
  // 4.3.14.1: without the signature and this field itself.
  record.writeBigUInt64LE(BigInt(record.length - 12), 4);
  record.writeUInt16LE(unix | version.zip64, 12);
  record.writeUInt16LE(version.zip64, 14);
  record.writeBigUInt64LE(BigInt(entries), 24);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(signature.locator64, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

function zip64Extra(values: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(zip64Field, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => void extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return extra;
}

/** From "version needed to extract" to "last mod file date". */
function writeCommon(fields: Buffer, { streamed, time }: ZipEntry, needs64: boolean): void {
  fields.writeUInt16LE(needs64 ? version.zip64 : version.deflate, 0);
  fields.writeUInt16LE(flag.utf8 | (streamed ? flag.streamed : 0), 2);
  fields.writeUInt16LE(deflated, 4);
  fields.writeUInt32LE(dosTime(time), 6);
}

/** 4.4.6: the years 1980 to 2107; what lies outside is pressed to the ends, what is no time to the beginning. */
export function dosTime(iso: string): number {
  const time = new Date(iso);
  const year = Number.isNaN(time.getTime()) ? 0 : time.getUTCFullYear();
  if (year < 1980) return ((1 << 5) | 1) << 16;
  if (year > 2107) return 0xff9fbf7d;
  const date = ((year - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}
