// Writes a zip as staged blocks, so that what one worker has written another can go on with; and takes back an entry that
// turned out wrong.
import { crc32 } from "node:zlib";
import { MailkeepError } from "../core/errors.js";
import type { ExportStore } from "../ports/export-store.js";
import { deflatePiece, lastBlock } from "./deflate.js";
import { pieceName } from "./export.js";
import { dataDescriptor, directoryRecord, localHeader, type ZipEntry } from "./zip64.js";

/** One block is in memory. */
const blockBytes = 4 * 1024 * 1024;
/** From this expected length on an entry is written so that it may have 4 GiB and more. */
const wideFromBytes = 2 * 1024 ** 3;
const full32 = 0xffffffff;

/** Where the writing stands; going back to it forgets what came after. */
export interface Mark {
  offset: number;
  blocks: number;
  tail: Buffer;
}

export interface ZipOut {
  /** The length of the zip so far. */
  offset(): number;
  /** Blocks this writer has staged and that count. */
  blocks(): number;
  write(bytes: Uint8Array): Promise<void>;
  /** Stages what is not staged yet. */
  flush(): Promise<void>;
  mark(): Mark;
  goBack(mark: Mark): void;
}

/** Goes on behind the first `offset` bytes, which are staged in `before` blocks. */
export function openZipOut(
  store: ExportStore,
  { name, writer, before, offset }: { name: string; writer: string; before: number; offset: number },
): ZipOut {
  const buffer = Buffer.alloc(blockBytes);
  let filled = 0;
  let staged = 0;
  let length = offset;
  async function flush(): Promise<void> {
    if (filled === 0) return;
    await store.stageBlock(name, pieceName(writer, before + staged), buffer.subarray(0, filled));
    staged++;
    filled = 0;
  }
  return {
    offset: () => length,
    blocks: () => staged,
    flush,
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + blockBytes - filled);
        buffer.set(part, filled);
        filled += part.length;
        length += part.length;
        at += part.length;
        if (filled === blockBytes) await flush();
      }
    },
    mark: () => ({ offset: length, blocks: staged, tail: Buffer.from(buffer.subarray(0, filled)) }),
    goBack(mark) {
      buffer.set(mark.tail);
      [filled, staged, length] = [mark.tail.length, mark.blocks, mark.offset];
    },
  };
}

/** Begins an entry of about `expected` bytes, written piece by piece. */
export async function beginEntry(
  out: ZipOut,
  { name, time, expected }: { name: string; time: string; expected: number },
): Promise<ZipEntry> {
  const wide = expected >= wideFromBytes;
  const entry = { name, time, wide, streamed: true, crc: 0, length: 0, compressedLength: 0, offset: out.offset() };
  await out.write(localHeader(entry));
  return entry;
}

/** Adds bytes to an entry; `deflated` are the same bytes by {@link deflatePiece}, if they are at hand. */
export async function addToEntry(out: ZipOut, entry: ZipEntry, bytes: Uint8Array, deflated?: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  const piece = deflated ?? (await deflatePiece(bytes));
  entry.crc = crc32(bytes, entry.crc);
  entry.length += bytes.length;
  entry.compressedLength += piece.length;
  await out.write(piece);
}

/** Ends the entry and returns its record for the directory. */
export async function endEntry(out: ZipOut, entry: ZipEntry): Promise<Buffer> {
  await out.write(lastBlock);
  entry.compressedLength += lastBlock.length;
  if (!entry.wide && Math.max(entry.length, entry.compressedLength) >= full32)
    throw new MailkeepError("too-large", `${entry.name} grew far beyond what was expected`);
  await out.write(dataDescriptor(entry));
  return directoryRecord(entry);
}

/** Writes an entry whose bytes are all there, deflated by {@link deflatePiece}; returns its record for the directory. */
export async function wholeEntry(
  out: ZipOut,
  { name, time }: { name: string; time: string },
  { bytes, deflated }: { bytes: Uint8Array; deflated: Buffer },
): Promise<Buffer> {
  const compressedLength = deflated.length + lastBlock.length;
  const lengths = { crc: crc32(bytes), length: bytes.length, compressedLength, offset: out.offset() };
  const entry: ZipEntry = { name, time, wide: false, streamed: false, ...lengths };
  await out.write(localHeader(entry));
  await out.write(deflated);
  await out.write(lastBlock);
  return directoryRecord(entry);
}
