// Builds MIME the way Exchange writes it. Small texts are strings, large shared bytes stay buffers and are never copied.
import type { Charset } from "./charset.js";
import { encodeText } from "./charset.js";
import type { Recipient } from "./message.js";

/** Strings are latin-1: one character per byte. */
export type Piece = string | Buffer;

export interface Entity {
  headers: string[];
  body: Piece[];
}

export function pieces(entity: Entity): Piece[] {
  return [`${entity.headers.join("\r\n")}\r\n\r\n`, ...entity.body];
}

/** Joins neighbouring strings into one buffer each. */
export function flatten(list: Piece[]): Buffer[] {
  const out: Buffer[] = [];
  let text = "";
  for (const piece of list) {
    if (typeof piece === "string") {
      text += piece;
      continue;
    }
    if (text !== "") out.push(Buffer.from(text, "latin1"));
    text = "";
    out.push(piece);
  }
  if (text !== "") out.push(Buffer.from(text, "latin1"));
  return out;
}

export function multipart(subtype: string, boundary: string, children: Entity[], parameters = ""): Entity {
  const body: Piece[] = [];
  for (const child of children) body.push(`--${boundary}\r\n`, ...pieces(child), "\r\n");
  body.push(`--${boundary}--\r\n`);
  return { headers: [`Content-Type: multipart/${subtype};\r\n\tboundary="${boundary}"${parameters}`], body };
}

export type Encoding = "quoted-printable" | "base64" | "8bit" | "7bit";

export function textEntity(
  text: string,
  {
    type,
    charset,
    encoding,
    parameters = "",
  }: { type: string; charset: Charset; encoding: Encoding; parameters?: string },
): Entity {
  const bytes = encodeText(text, charset);
  const headers = [
    `Content-Type: ${type}; charset="${charset}"${parameters}`,
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  if (encoding === "base64") return { headers, body: [base64Lines(bytes)] };
  if (encoding === "quoted-printable") return { headers, body: [quotedPrintable(bytes)] };
  return { headers, body: [bytes.toString("latin1")] };
}

/** 76 characters a line, CRLF after each. */
export function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += 76) lines.push(text.slice(at, at + 76));
  lines.push("");
  return lines.join("\r\n");
}

/** RFC 2045 6.7, with soft breaks after at most 75 characters. */
function quotedPrintable(bytes: Buffer): string {
  const out: string[] = [];
  for (const line of escaped(bytes.toString("latin1")).split("\r\n")) {
    let start = 0;
    while (line.length - start > 76) {
      const end = softBreak(line, start);
      out.push(`${line.slice(start, end)}=`);
      start = end;
    }
    out.push(start === 0 ? line : line.slice(start));
  }
  return out.join("\r\n");
}

/** Almost all text is plain ASCII, where only "=" and a space before a line break must be escaped. */
function escaped(text: string): string {
  const plain = text.replaceAll("=", "=3D");
  const ascii = /[^\t\r\n -~]/.test(plain) ? plain.replace(/[^\t\r\n -~]/g, escapeByte) : plain;
  return ascii.includes(" \r\n") ? ascii.replaceAll(" \r\n", "=20\r\n") : ascii;
}

function softBreak(line: string, start: number): number {
  if (line[start + 74] === "=") return start + 74;
  return line[start + 73] === "=" ? start + 73 : start + 75;
}

function escapeByte(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** RFC 2047 where it is needed: base64 words of at most 75 characters, whole characters each. */
export function headerText(text: string, charset: Charset = "utf-8"): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (chunk.length >= 12) {
      words.push(chunk);
      chunk = "";
    }
    chunk += character;
  }
  words.push(chunk);
  return words.map((word) => `=?${charset}?B?${encodeText(word, charset).toString("base64")}?=`).join("\r\n ");
}

export function headerAddresses(people: Recipient[]): string {
  return people.map(({ name, address }) => (name ? `${quoted(name)} <${address}>` : address)).join(",\r\n\t");
}

function quoted(name: string): string {
  return /^[\w ]*$/.test(name)
    ? name
    : /^[\x20-\x7e]*$/.test(name)
      ? `"${name.replaceAll('"', "")}"`
      : headerText(name);
}

/** RFC 5322 date in UTC. */
export function headerDate(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}
