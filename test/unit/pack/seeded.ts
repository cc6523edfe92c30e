// Repeatable randomness and mail-like bytes for the tests of the pack.
import type { Body } from "../../../lib/core/body.js";
import { memoryBody } from "../../../lib/core/body.js";

export interface Seeded {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  bytes(length: number): Buffer;
  pick<T>(items: readonly T[]): T;
}

/** mulberry32: small, fast, and the same on every machine. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let index = 0; index < length; index++) bytes[index] = next() >>> 24;
      return bytes;
    },
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
  };
}

/** `content` as base64 in lines of `lineLength`, without an ending after the last. */
export function base64Lines(content: Buffer, lineLength: number, eol: string): string {
  const text = content.toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += lineLength) lines.push(text.slice(at, at + lineLength));
  return lines.join(eol);
}

/** A body that is only read in chunks, all in one buffer, as a spooled one is; `sizes` are taken in turn. */
export function chunkedBody(bytes: Uint8Array, sizes: number[]): Body {
  return {
    size: bytes.length,
    bytes: undefined,
    async *read(start = 0, end = bytes.length) {
      const chunk = Buffer.alloc(Math.max(...sizes));
      for (let at = start, turn = 0; at < end; turn++) {
        const to = Math.min(end, at + (sizes[turn % sizes.length] ?? 1));
        chunk.set(bytes.subarray(at, to));
        yield chunk.subarray(0, to - at);
        at = to;
      }
    },
    dispose: async () => {},
  };
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  return Buffer.concat(all);
}

export { memoryBody };

const words = "the archive keeps every message of a mailbox for as long as the company wants it and says so".split(" ");

export function prose(random: Seeded, length: number, eol: string): string {
  let text = "";
  let line = "";
  while (text.length < length) {
    line += `${random.pick(words)} `;
    if (line.length < 40 + random.below(40)) continue;
    text += line.trimEnd() + eol;
    line = "";
  }
  return text;
}

/** A message with headers, a text and `attachments` decoded bytes each. */
export function aMail(random: Seeded, attachments: Buffer[], eol = "\r\n", lineLength = 76): Buffer {
  const boundary = `--=_part${random.below(1e9)}`;
  const head = [
    `From: person${random.below(1000)}@contoso.com`,
    `Subject: ${prose(random, 30, "")}`,
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary.slice(2)}"`,
    "",
    boundary,
    "Content-Type: text/plain",
    "",
  ].join(eol);
  const parts = attachments.map(
    (content) =>
      `${boundary}${eol}Content-Type: application/octet-stream${eol}Content-Transfer-Encoding: base64${eol}${eol}${base64Lines(content, lineLength, eol)}${eol}`,
  );
  return Buffer.from(`${head}${eol}${prose(random, 2000, eol)}${parts.join("")}${boundary}--${eol}`, "latin1");
}
