// What base64 lines are made of, byte by byte: digits, padding, line endings, and the proof that a text decodes exactly.
import type { Room } from "./room.js";

/** Byte values. */
export const CR = 13;
export const LF = 10;
const PAD = 61;

const digits = new Uint8Array(256);
for (const digit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") digits[digit.charCodeAt(0)] = 1;

export const isDigit = (bytes: Buffer, index: number): boolean => digits[bytes[index] ?? 0] === 1;

/** The index of the first byte in [from, to) that is no base64 digit, or `to`. */
export function endOfDigits(bytes: Buffer, from: number, to: number): number {
  let index = from;
  while (index < to && isDigit(bytes, index)) index++;
  return index;
}

export function isEol(bytes: Buffer, index: number, eol: string): boolean {
  return eol === "\n" ? bytes[index] === LF : bytes[index] === CR && bytes[index + 1] === LF;
}

/** The bytes [from, to) of a window, which should hold so many base64 digits. */
export interface Digits {
  from: number;
  to: number;
  count: number;
}

/**
 * Decodes a text that should hold `count` base64 digits (a multiple of 4) and line endings at known places. The decoder
 * skips what it does not know and takes `-` and `_` for digits, so: the full length and neither of these two prove that
 * every byte besides the line endings is a digit, and then encoding gives back the same text.
 */
export function decodeDigits(bytes: Buffer, { from, to, count }: Digits, room?: Room): Buffer | undefined {
  const text = bytes.toString("latin1", from, to);
  const decoded = decodeText(text, room);
  return decoded.length === (count / 4) * 3 && !text.includes("-") && !text.includes("_") ? decoded : undefined;
}

/** What the decoder makes of a text; it never makes more bytes than there are characters. */
export function decodeText(text: string, room: Room | undefined): Buffer {
  if (room === undefined) return Buffer.from(text, "base64");
  const decoded = room(text.length);
  return decoded.subarray(0, decoded.write(text, "base64"));
}

/** Decodes a short text that may end in padding; undefined unless encoding gives back the same text. */
export function decodeCanonical(text: string): Buffer | undefined {
  const decoded = Buffer.from(text, "base64");
  return text.length > 0 && decoded.toString("base64") === text ? decoded : undefined;
}

export const beginsLine = (bytes: Buffer, base: number, index: number): boolean =>
  index === 0 ? base === 0 : bytes[index - 1] === LF;

export const endsLine = (bytes: Buffer, index: number): boolean =>
  index === bytes.length || bytes[index] === LF || bytes[index] === CR;

export const cleanLine = (bytes: Buffer, from: number, length: number): boolean =>
  from + length <= bytes.length && endOfDigits(bytes, from, from + length) === from + length;

/** The end of a last line in [from, to): digits, then at most two `=`. */
export function endOfPadded(bytes: Buffer, from: number, to: number): number {
  let end = endOfDigits(bytes, from, to);
  for (let pads = 0; pads < 2 && end < to && bytes[end] === PAD; pads++) end++;
  return end;
}
