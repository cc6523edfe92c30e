// Puts planned messages into the zip, each read back and checked on the way: a damaged one is named and not exported.
import { isMailkeepError } from "../core/errors.js";
import type { MessageKey } from "../core/ids.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { checkedFirstBytes, openContent } from "../reading/content.js";
import { placeNow } from "../reading/place-now.js";
import { ahead } from "./ahead.js";
import { deflatePiece } from "./deflate.js";
import type { ExportFormat, ExportMailbox, Gap, IndexLine, Plan, PlanLine } from "./export.js";
import { mboxrd } from "./mboxrd.js";
import { messageFileName } from "./names.js";
import { addToEntry, beginEntry, endEntry, wholeEntry, type ZipOut } from "./zip-out.js";
import type { ZipEntry } from "./zip64.js";

/** Messages read at once: the distance to storage, not its speed, is what takes time. */
const readAhead = 8;

/** What has been written since the last checkpoint. */
export interface Written {
  directory: Buffer[];
  index: IndexLine[];
  gaps: Gap[];
}

export interface Place {
  format: ExportFormat;
  /** Folder of everything in the zip, and below it of all mail, with their slashes. */
  base: string;
  root: string;
  mailbox: ExportMailbox;
  /** Of the folder. */
  place: string;
}

export const emptyWritten = (): Written => ({ directory: [], index: [], gaps: [] });

type Prepared =
  | { line: PlanLine; kind: "whole"; bytes: Uint8Array; deflated: Buffer }
  | { line: PlanLine; kind: "stream"; body: AsyncIterable<Uint8Array> }
  | { line: PlanLine; kind: "gap"; code: string; message: string };

/** Writes the lines one after the other; `mbox` is the entry they go into, if they go into one. */
export async function* writeLines(
  lines: Iterable<PlanLine>,
  {
    blobs,
    rows,
    out,
    written,
    at,
    mbox,
  }: { blobs: BlobStore; rows: RowStore; out: ZipOut; written: Written; at: Place; mbox: ZipEntry | undefined },
): AsyncIterable<{ line: PlanLine; exported: boolean }> {
  for await (const message of ahead(lines, readAhead, (line) => prepare(line, at, { blobs, rows }))) {
    const { line } = message;
    const gap = message.kind === "gap" ? message : await write(message, { out, written, at, mbox });
    if (gap !== undefined) written.gaps.push(gapOf(line, at, gap));
    yield { line, exported: gap === undefined };
  }
}

async function prepare(
  line: PlanLine,
  { format, mailbox }: Place,
  { blobs, rows }: { blobs: BlobStore; rows: RowStore },
): Promise<Prepared> {
  const { content, size, sha256, key } = line;
  if ("code" in content) return { line, kind: "gap", ...content };
  try {
    const mail = await openContent(blobs, mailbox.id, {
      ...{ key, size, sha256, ...content },
      // The plan may be older than a joining of packs.
      placeNow: placeNow(rows, mailbox.id, { ...line, key: line.key as MessageKey }),
    });
    const body = format === "mbox" ? mboxrd({ sender: line.from?.email, receivedAt: line.receivedAt }, mail) : mail;
    if (size > checkedFirstBytes) return { line, kind: "stream", body };
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    return { line, kind: "whole", bytes, deflated: await deflatePiece(bytes) };
  } catch (error) {
    return { line, kind: "gap", ...reasonOf(error) };
  }
}

type Writing = { out: ZipOut; written: Written; at: Place; mbox: ZipEntry | undefined };

async function write(
  message: Exclude<Prepared, { kind: "gap" }>,
  { out, written, at, mbox }: Writing,
): Promise<{ code: string; message: string } | undefined> {
  const { line } = message;
  const file = mbox?.name ?? at.root + filePath(at, line);
  const told = indexLine(line, at, mbox === undefined ? { file } : { file, offset: mbox.length });
  const name = at.base + file;
  const plan = { name, time: line.receivedAt };
  if (message.kind === "whole") {
    if (mbox !== undefined) await addToEntry(out, mbox, message.bytes, message.deflated);
    else written.directory.push(await wholeEntry(out, plan, message));
    written.index.push(told);
    return undefined;
  }
  const [mark, before] = [out.mark(), { ...mbox }];
  try {
    const entry = mbox ?? (await beginEntry(out, { ...plan, expected: line.size }));
    for await (const chunk of readable(message.body)) await addToEntry(out, entry, chunk);
    if (mbox === undefined) written.directory.push(await endEntry(out, entry));
    written.index.push(told);
    return undefined;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const reason = reasonOf(error.cause);
    out.goBack(mark);
    if (mbox !== undefined) Object.assign(mbox, before);
    return reason;
  }
}

/** A fault of the message, not of the export's own storage. */
class Unreadable extends Error {}

async function* readable(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new Unreadable("a message cannot be read", { cause });
  }
}

/**
 * What keeps one message out of an export, for good as far as we can see. @throws what may pass by itself
 */
function reasonOf(error: unknown): { code: string; message: string } {
  if (isMailkeepError(error, "corrupt")) return { code: "ARCHIVE_CORRUPT", message: error.message };
  // In the archive tier, under a lock, beyond a limit: other messages can be had.
  if (isMailkeepError(error, "conflict", "forbidden", "invalid", "too-large"))
    return { code: "MESSAGE_UNREADABLE", message: error.message };
  throw error;
}

const filePath = ({ mailbox, place }: Place, line: PlanLine): string =>
  `${mailbox.place}/${place}/${messageFileName({ ...line, subject: line.subject ?? "" })}`;

function gapOf(line: PlanLine, { mailbox }: Place, { code, message }: { code: string; message: string }): Gap {
  const { key, folderPath, subject } = line;
  const named = { key, folderPath, ...(subject !== undefined && { subject }) };
  return { mailbox: mailbox.id, address: mailbox.address, ...named, code, message };
}

function indexLine(line: PlanLine, { mailbox }: Place, where: { file: string; offset?: number }): IndexLine {
  return {
    mailbox: mailbox.id,
    address: mailbox.address,
    key: line.key,
    version: line.version,
    folder: line.folderPath,
    subject: line.subject ?? null,
    from: line.from?.email ?? null,
    fromName: line.from?.name ?? null,
    date: line.receivedAt,
    removedAtSource: line.removedAt ?? null,
    size: line.size,
    sha256: line.sha256,
    seq: line.seq,
    ...where,
  };
}

/** How long the mbox of a place may become: every line quoted, and a line before each message. */
export function expectedMbox({ chunks }: Plan, place: string): number {
  const there = chunks.filter((chunk) => chunk.place === place);
  return there.reduce((sum, { bytes, messages }) => sum + Math.ceil(bytes * 1.2) + 400 * messages, 0);
}

export const beginMbox = (
  out: ZipOut,
  { root, mailbox, place }: Place,
  time: string,
  expected: number,
): Promise<ZipEntry> => beginEntry(out, { name: `${root}${mailbox.place}/${place}.mbox`, time, expected });
