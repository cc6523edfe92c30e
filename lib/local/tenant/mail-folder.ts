// Fills the mailboxes from the .eml and mbox files below a directory.
import { createReadStream, readFileSync } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { emlFacts, emlSource } from "./eml.js";
import type { Household } from "./household.js";
import type { MailFolder } from "./mailbox.js";
import type { MailFacts, MessageSource } from "./message.js";

/** Messages without a date of their own are dated from here on, a minute apart, in file order. */
const undatedFrom = Date.UTC(2020, 0, 1);

/**
 * Message n goes to mailbox n modulo the number of mailboxes, into a folder below the inbox that mirrors the directory
 * (or the mbox file) it came from. `.eml` files stay byte for byte what they are. Throws when nothing is found.
 */
export async function fillFromDirectory(homes: Household[], directory: string): Promise<void> {
  let count = 0;
  for await (const { source, place } of mailBelow(directory)) {
    const home = homes[count % homes.length];
    if (!home) throw new Error("a tenant without mailboxes cannot take mail");
    const receivedAt = source.facts().sentAt ?? new Date(undatedFrom + count * 60_000);
    home.mailbox.add({ folder: folderFor(home, place), source, receivedAt, isRead: count % 3 > 0 });
    count++;
  }
  if (count === 0) throw new Error(`no .eml or mbox file below ${directory}: name a directory that holds some`);
}

interface Found {
  source: MessageSource;
  place: string[];
}

async function* mailBelow(directory: string): AsyncIterable<Found> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  for (const file of files.sort()) {
    const place = relative(directory, file).split(sep);
    const folder = place.slice(0, -1);
    if (/\.eml$/i.test(file)) yield { source: await fileSource(file), place: folder };
    else if (await isMbox(file)) {
      for await (const bytes of mboxMessages(createReadStream(file))) yield { source: emlSource(bytes), place };
    }
  }
}

/** Reads the bytes again each time they are asked for: a large collection must not fill the memory. */
async function fileSource(file: string): Promise<MessageSource> {
  const bytes = await readFile(file);
  const facts: MailFacts = emlFacts(bytes);
  return { facts: () => facts, parts: () => [readFileSync(file)] };
}

async function isMbox(file: string): Promise<boolean> {
  if (/\.(mbox|mbx)$/i.test(file)) return true;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 0);
    return bytesRead === 5 && buffer.toString("latin1") === "From ";
  } finally {
    await handle.close();
  }
}

function folderFor({ mailbox }: Household, place: string[]): MailFolder {
  let at = mailbox.standard("inbox");
  for (const displayName of place) {
    at =
      mailbox.children(at).find((f) => f.displayName === displayName) ?? mailbox.addFolder({ displayName, parent: at });
  }
  return at;
}

/**
 * The messages of an mbox: a `From ` line at the start or after an empty line begins one; one level of `>From ` quoting
 * is taken off (right for mboxrd, and for mboxo as far as it can be); the empty line before a separator is not mail.
 */
export async function* mboxMessages(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let message: Buffer[] | undefined;
  let afterEmpty = true;
  for await (const line of lines(chunks)) {
    const isSeparator = afterEmpty && line.subarray(0, 5).toString("latin1") === "From ";
    if (isSeparator) {
      if (message) yield joined(message);
      message = [];
    } else message?.push(unquoted(line));
    afterEmpty = isEmptyLine(line);
  }
  if (message) yield joined(message);
}

function joined(message: Buffer[]): Buffer {
  const last = message.at(-1);
  return Buffer.concat(last && isEmptyLine(last) ? message.slice(0, -1) : message);
}

function isEmptyLine(line: Buffer): boolean {
  return line.length <= 2 && /^\r?\n$/.test(line.toString("latin1"));
}

function unquoted(line: Buffer): Buffer {
  let quotes = 0;
  while (line[quotes] === 0x3e) quotes++;
  return quotes > 0 && line.subarray(quotes, quotes + 5).toString("latin1") === "From " ? line.subarray(1) : line;
}

/** Lines with their ends. */
async function* lines(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      yield bytes.subarray(start, end + 1);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield rest;
}
