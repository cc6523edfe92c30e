// Attachments without memory: each is a slice of one pool of encoded lines, behind a first line of its own.
import { crc32, deflateSync } from "node:zlib";
import { dice } from "./dice.js";
import type { Entity } from "./mime.js";

export interface Attachment {
  /** Tells the content: the same serial, the same bytes. */
  serial: number;
  name: string;
  contentType: string;
  /** Decoded size in bytes. */
  size: number;
  /** Text that packs well, or noise as in office files and pictures. */
  texture: "noise" | "table";
}

/** 57 bytes make one base64 line of 76 characters. */
const lineBytes = 57;
const encodedLine = 78;
const poolLines = 72_000;

interface Pool {
  raw: Buffer;
  encoded: Buffer;
}

const pools = new Map<Attachment["texture"], Pool>();

function pool(texture: Attachment["texture"]): Pool {
  const known = pools.get(texture);
  if (known) return known;
  const raw = texture === "noise" ? noise(poolLines * lineBytes) : table(poolLines * lineBytes);
  const made = { raw, encoded: encodeLines(raw) };
  pools.set(texture, made);
  return made;
}

function noise(size: number): Buffer {
  const source = dice("pool", "noise");
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = source.fraction() * 0x100000000;
  return Buffer.from(words.buffer, 0, size);
}

function table(size: number): Buffer {
  const source = dice("pool", "table");
  const rows: string[] = [];
  for (let length = 0; length < size; ) {
    const row = `${source.int(90_000)};${source.pick(["Lyon", "Turin", "Ghent", "Porto"])};${source.int(9_999)}.${source.int(90) + 10};${source.hex(4)}\r\n`;
    rows.push(row);
    length += row.length;
  }
  return Buffer.from(rows.join("")).subarray(0, size);
}

function encodeLines(raw: Buffer): Buffer {
  const text = raw.toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += 76) lines.push(text.slice(at, at + 76));
  return Buffer.from(`${lines.join("\r\n")}\r\n`, "latin1");
}

/** `count` lines of random base64, for headers nobody can read. */
export function noiseLines(line: number, count: number): string {
  const start = (line % (poolLines - count)) * encodedLine;
  return pool("noise")
    .encoded.toString("latin1", start, start + count * encodedLine - 2)
    .replaceAll("\r\n", "\r\n\t");
}

/** The base64 lines of an attachment, CRLF after each: almost all of it shared with the pool. */
export function encodedAttachment({ serial, name, size, texture }: Attachment): Buffer[] {
  const { raw, encoded } = pool(texture);
  const first = Buffer.from(`${magic(name)}${name} ${serial}`.padEnd(lineBytes, " ").slice(0, lineBytes), "latin1");
  if (size <= lineBytes) return [Buffer.from(`${first.subarray(0, size).toString("base64")}\r\n`)];
  const out: Buffer[] = [Buffer.from(`${first.toString("base64")}\r\n`)];
  let left = size - lineBytes;
  let line = (serial * 7919) % poolLines;
  while (left >= lineBytes) {
    const count = Math.min(Math.floor(left / lineBytes), poolLines - line);
    out.push(encoded.subarray(line * encodedLine, (line + count) * encodedLine));
    left -= count * lineBytes;
    line = (line + count) % poolLines;
  }
  if (left > 0)
    out.push(Buffer.from(`${raw.subarray(line * lineBytes, line * lineBytes + left).toString("base64")}\r\n`));
  return out;
}

function magic(name: string): string {
  if (name.endsWith(".pdf")) return "%PDF-1.7\r\n";
  if (/\.(docx|xlsx|pptx|zip)$/.test(name)) return "PK\u0003\u0004\u0014\u0000";
  return name.endsWith(".jpg") ? "\u00ff\u00d8\u00ff\u00e0" : "";
}

export function attachmentEntity(attachment: Attachment, when: string): Entity {
  const { name, contentType, size } = attachment;
  return {
    headers: [
      `Content-Type: ${contentType}; name="${name}"`,
      `Content-Description: ${name}`,
      `Content-Disposition: attachment; filename="${name}"; size=${size};\r\n\tcreation-date="${when}";\r\n\tmodification-date="${when}"`,
      "Content-Transfer-Encoding: base64",
    ],
    body: encodedAttachment(attachment),
  };
}

/** The pictures in the signatures: ours first, then those of partners; the same bytes in every mail. */
const logoBytes = [12_300, 9_100, 17_800];
const logos: (Buffer | undefined)[] = [];

export function logoSize(index: number): number {
  return logoBytes[index] ?? 0;
}

export function logoEntity(index: number, contentId: string): Entity {
  const name = `image00${index + 1}.png`;
  return {
    headers: [
      `Content-Type: image/png; name="${name}"`,
      `Content-Description: ${name}`,
      `Content-Disposition: inline; filename="${name}"; size=${logoSize(index)}`,
      `Content-ID: <${contentId}>`,
      "Content-Transfer-Encoding: base64",
    ],
    body: [encodedLogo(index)],
  };
}

function encodedLogo(index: number): Buffer {
  const known = logos[index];
  if (known) return known;
  const made = encodeLines(png(index, logoSize(index)));
  logos[index] = made;
  return made;
}

/** A real picture: grey noise, filled up to the wished size with a text chunk. */
function png(index: number, size: number): Buffer {
  const width = 100;
  const height = Math.floor((size - 400) / (width + 1));
  const source = dice("logo", index);
  const rows = Buffer.alloc(height * (width + 1));
  for (let i = 0; i < rows.length; i++) rows[i] = i % (width + 1) === 0 ? 0 : source.int(256);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const start = [signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 0 }))];
  const end = chunk("IEND", Buffer.alloc(0));
  const missing = size - start.reduce((sum, part) => sum + part.length, 0) - end.length - 12;
  return Buffer.concat([...start, chunk("tEXt", Buffer.alloc(Math.max(missing, 8), "Comment\u0000 ", "latin1")), end]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const frame = Buffer.alloc(8 + named.length);
  frame.writeUInt32BE(content.length, 0);
  frame.set(named, 4);
  frame.writeUInt32BE(crc32(named), 4 + named.length);
  return frame;
}
