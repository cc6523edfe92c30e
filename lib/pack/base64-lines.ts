// The two directions of one cut: decoded bytes into the very base64 lines of the message, and those lines into bytes.
// Whole in memory, or as streams that hold no more than a few blocks.
import { MailkeepError } from "../core/errors.js";
import { decodeText } from "./base64-bytes.js";
import type { Cut } from "./manifest.js";
import { ownRoom, type Room, sharedRoom } from "./room.js";

/** In base64 96 KiB: over 128 KiB V8 gives each string pages of its own, which are slow to come and slow to go. */
const blockBytes = 72 * 1024;

/** How a cut's bytes were written in the message; `lineLength` 0 means as they are. */
export type Form = Pick<Cut, "lineLength" | "eol">;

/** The length in the message of `size` bytes in this form. There is no line ending after the last line. */
export function encodedLength({ lineLength, eol }: Form, size: number): number {
  if (lineLength === 0) return size;
  const digits = Math.ceil(size / 3) * 4;
  return digits + (Math.ceil(digits / lineLength) - 1) * eol.length;
}

/**
 * The part [start, end) of a cut's own bytes that decodes to whole groups of lines with bytes [from, to) of its content in
 * them, and how many bytes come before those.
 */
export function ownPart(cut: Cut, from: number, to: number): { start: number; end: number; before: number } {
  if (cut.lineLength === 0) return { start: from, end: to, before: 0 };
  const lines = linesPerGroup(cut.lineLength);
  const [digits, eols] = cut.eol === "" ? [4, 0] : [lines * cut.lineLength, lines * cut.eol.length];
  const bytes = (digits / 4) * 3;
  const end = Math.ceil(to / bytes) * (digits + eols);
  const before = from % bytes;
  return { start: ((from - before) / bytes) * (digits + eols), end: Math.min(end, cut.length), before };
}

/** Writes the base64 lines of `content` at `offset` of `out`; returns the offset after them. */
export function writeLines(content: Uint8Array, form: Form, out: Buffer, offset: number): number {
  const end = offset + encodedLength(form, content.length);
  const text = asBuffer(content).toString("base64");
  // The digits go to the end of their place, then each line moves forward to its own: no second buffer.
  let from = end - text.length;
  out.write(text, from, "latin1");
  for (let to = offset; from > to; ) {
    out.copyWithin(to, from, from + form.lineLength);
    from += form.lineLength;
    to += form.lineLength;
    for (let index = 0; index < form.eol.length; index++) out[to++] = form.eol.charCodeAt(index);
  }
  return end;
}

/** The message's own bytes of a cut, from its content. In a shared room a chunk holds them until the next one is asked for. */
export async function* encoded(
  content: AsyncIterable<Uint8Array>,
  cut: Cut,
  room: Room = ownRoom,
): AsyncGenerator<Uint8Array> {
  if (cut.lineLength === 0) return yield* content;
  const group = cut.eol === "" ? 3 : (linesPerGroup(cut.lineLength) * cut.lineLength * 3) / 4;
  let first = true;
  for await (const block of inBlocks(content, group)) {
    const eol = first ? "" : cut.eol;
    const out = room(eol.length + encodedLength(cut, block.length));
    out.write(eol, 0, "latin1");
    writeLines(block, cut, out, eol.length);
    first = false;
    yield out;
  }
}

/**
 * The content of a cut, from the message's own bytes; a chunk holds it until the next one is asked for.
 * @throws MailkeepError `corrupt` when they are not what was cut
 */
export async function* decoded(run: AsyncIterable<Uint8Array>, cut: Cut): AsyncGenerator<Uint8Array> {
  const group = cut.eol === "" ? 4 : linesPerGroup(cut.lineLength) * (cut.lineLength + cut.eol.length);
  const room = sharedRoom();
  let size = 0;
  for await (const block of cut.lineLength === 0 ? run : inBlocks(run, group)) {
    const content = cut.lineLength === 0 ? block : decodeText(asBuffer(block).toString("latin1"), room);
    size += content.length;
    yield content;
  }
  if (size !== cut.size) throw new MailkeepError("corrupt", `a cut of ${cut.size} bytes was read as ${size} bytes`);
}

/** So many lines of this length decode to whole bytes. */
const linesPerGroup = (lineLength: number): 1 | 2 | 4 => (lineLength % 4 === 0 ? 1 : lineLength % 2 === 0 ? 2 : 4);

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The same bytes in blocks of a multiple of `group` bytes; the last block is what is left. */
async function* inBlocks(chunks: AsyncIterable<Uint8Array>, group: number): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafe(Math.max(1, Math.floor(blockBytes / group)) * group);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, block.length - filled);
      block.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < block.length) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
