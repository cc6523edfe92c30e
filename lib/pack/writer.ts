// Messages in, the bytes of one pack out: a zip with an entry for each message and the manifest as the last entry.
import { crc32, inflateRawSync } from "node:zlib";
import { type Sha256, sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { asBuffer } from "./base64-lines.js";
import { deflate } from "./deflate.js";
import { MessageRecord, manifestName, type Unplaced } from "./manifest.js";
import { merkleRoot } from "./merkle.js";
import { deflated, directory, earliestDosTime, localHeader, readLocalHeader, stored, type ZipEntry } from "./zip.js";

/** A pack is full at either limit; it may end earlier, with the work at hand. */
export interface PackLimits {
  targetBytes: number;
  messages: number;
}

export const packLimits: PackLimits = { targetBytes: 16 * 1024 * 1024, messages: 2000 };

export interface SealedPack {
  bytes: Uint8Array;
  sha256: Sha256;
  /** RFC 6962 tree head over the SHA-256 of each message, in the order of `stored`. */
  merkleRoot: Sha256;
  stored: MessageRecord[];
}

export interface OpenPack {
  /**
   * Compresses a message without its cuts and gives it the next place. May be called concurrently; places are given in
   * order of completion. @throws MailkeepError `invalid` for a record that could not be read back
   */
  add(message: Unplaced, skeleton: Uint8Array): Promise<void>;
  /**
   * Takes over a message from another pack as it is compressed there; `bytes` is the range of its entry (see entryRange).
   * Who calls has checked them. @throws MailkeepError `corrupt`, `invalid`
   */
  copy(message: MessageRecord, bytes: Uint8Array): void;
  /** True from the limit on; what is added nevertheless is still taken. */
  readonly full: boolean;
  /** Messages added, those still being compressed included. */
  readonly count: number;
  /** Bytes of the zip so far, without manifest and directory. */
  readonly bytes: number;
  /** Waits for what is being compressed and gives the finished zip. @throws MailkeepError `invalid` when it is empty */
  seal(): Promise<SealedPack>;
}

export function openPack(limits: PackLimits = packLimits): OpenPack {
  const zip = openZip();
  const placed: MessageRecord[] = [];
  const lines: string[] = [];
  const pending = new Set<Promise<void>>();
  let lineBytes = 0;
  let sealed = false;

  const place = async (record: MessageRecord, skeleton: Uint8Array): Promise<void> =>
    put(record, await zip.compress(skeleton));

  function put(record: MessageRecord, data: Data): void {
    record.entry = zip.append(`m/${placed.length + 1}.eml`, data);
    placed.push(record);
    const line = `${JSON.stringify(record)}\n`;
    lines.push(line);
    lineBytes += line.length;
  }

  return {
    async add(message, skeleton) {
      if (sealed) throw new MailkeepError("invalid", "the pack is sealed");
      const adding = place(toRecord(message), skeleton);
      pending.add(adding);
      await adding.finally(() => pending.delete(adding));
    },
    copy(message, bytes) {
      if (sealed) throw new MailkeepError("invalid", "the pack is sealed");
      const { name: _, dataAt, compressedLength, ...data } = readLocalHeader(asBuffer(bytes));
      put(toRecord(message), { ...data, bytes: bytes.subarray(dataAt, dataAt + compressedLength) });
    },
    get full() {
      return this.count >= limits.messages || Math.max(zip.length, lineBytes) >= limits.targetBytes;
    },
    get count() {
      return placed.length + pending.size;
    },
    get bytes() {
      return zip.length;
    },
    async seal() {
      sealed = true;
      // An add that fails tells its own caller, and its message is not in the pack.
      await Promise.allSettled(pending);
      if (placed.length === 0) throw new MailkeepError("invalid", "an empty pack cannot be sealed");
      zip.append(manifestName, await zip.compress(Buffer.from(lines.splice(0).join(""))));
      const bytes = zip.finish();
      const root = merkleRoot(placed.map((message) => message.sha256));
      return { bytes, sha256: sha256(bytes), merkleRoot: root, stored: placed };
    },
  };
}

const nowhere = { name: "", offset: 0, compressedLength: 0, length: 0 };

/** A copy with its keys in the order of the schema, its place still to come; refuses what could not be read back. */
function toRecord(message: Unplaced): MessageRecord {
  const parsed = MessageRecord.safeParse({ ...message, entry: nowhere });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join(".")} (${code})`);
  throw new MailkeepError("invalid", `message record: ${fields.join(", ")}`);
}

type Data = Pick<ZipEntry, "method" | "crc" | "length"> & { bytes: Uint8Array };

/** A zip that grows entry by entry. */
function openZip() {
  const parts: Uint8Array[] = [];
  const entries: ZipEntry[] = [];
  let length = 0;
  const push = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  return {
    get length() {
      return length;
    },
    async compress(bytes: Uint8Array): Promise<Data> {
      const smaller = await deflate(bytes);
      const crc = crc32(bytes);
      // Read back at once: the skeleton must come out of the pack as it went in, whatever the compressor did.
      if (!asBuffer(bytes).equals(inflateRawSync(smaller)))
        throw new MailkeepError("corrupt", "deflate changed the bytes of a message");
      const data = { crc, length: bytes.length };
      return smaller.length < bytes.length
        ? { ...data, method: deflated, bytes: smaller }
        : { ...data, method: stored, bytes };
    },
    append(name: string, { bytes, ...data }: Data) {
      const entry: ZipEntry = { ...data, name, compressedLength: bytes.length, offset: length };
      push(localHeader(entry, earliestDosTime));
      push(bytes);
      entries.push(entry);
      return { name, offset: entry.offset, compressedLength: entry.compressedLength, length: entry.length };
    },
    finish(): Buffer {
      // The parts are let go at once: the finished zip may wait long for its place in the archive.
      return Buffer.concat([...parts.splice(0), directory(entries, length, earliestDosTime)]);
    },
  };
}
