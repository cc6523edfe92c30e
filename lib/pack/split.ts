// Takes attachments out of a message: what is left is the skeleton, and each cut says what stood where.
// Pure: nothing is stored here. FORMAT.md has the rules.
import { createHash } from "node:crypto";
import { type Body, memoryBody } from "../core/body.js";
import { type Sha256, sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { asBuffer, decoded, ownPart } from "./base64-lines.js";
import { leastWindowBytes, type Run, RunScanner } from "./base64-run.js";
import { layout, mostRuns } from "./layout.js";
import type { Cut } from "./manifest.js";
import { sharedRoom } from "./room.js";

const windowBytes = 4 * leastWindowBytes;
const asItIs = { lineLength: 0, eol: "" } as const;

export interface SplitCut {
  cut: Cut;
  /**
   * The content of the blob, in chunks; may be read again and again while the body is not disposed. A chunk holds its bytes
   * until the next one is asked for.
   */
  content(): AsyncIterable<Uint8Array>;
  /** Bytes [from, to) of it: a few, from anywhere. */
  slice(from: number, to: number): Promise<Uint8Array>;
  /** The content of the blob, when the message is in memory. */
  bytes?: Uint8Array;
}

export interface Split {
  /** Length and SHA-256 of the whole message. */
  size: number;
  sha256: Sha256;
  /** The message without its cuts, at most 8 MiB; the message itself when nothing was cut. */
  skeleton: Uint8Array;
  /** In ascending order of offset. */
  cuts: SplitCut[];
}

/** Splits a message of any size; a spooled one is read twice, a few chunks at a time. */
export async function split(body: Body): Promise<Split> {
  return body.bytes === undefined ? splitBody(body) : inMemory(body.bytes, splitBytes(body.bytes));
}

/** The same without looking for base64: for a message whose split could not be verified. */
export async function uncut(body: Body): Promise<Split> {
  if (body.bytes !== undefined) return inMemory(body.bytes, assemble(body.bytes, []));
  return takeOut(body, await digest(body.read()), []);
}

interface BytesSplit {
  skeleton: Uint8Array;
  cuts: { cut: Cut; content: Uint8Array }[];
}

interface RunInMemory extends Run {
  content: Uint8Array;
}

interface HashedRun extends Run {
  sha256: Sha256;
}

/** Splits a message in memory. */
export function splitBytes(raw: Uint8Array): BytesSplit {
  const runs: RunInMemory[] = [];
  let pieces: Uint8Array[] = [];
  const sink = {
    decoded: (bytes: Uint8Array) => void pieces.push(bytes),
    ended(run: Run | undefined) {
      if (run !== undefined) runs.push({ ...run, content: joined(pieces) });
      pieces = [];
    },
  };
  new RunScanner(sink, mostRuns).feed(asBuffer(raw), 0, true);
  return assemble(raw, runs);
}

function assemble(raw: Uint8Array, runs: RunInMemory[]): BytesSplit {
  const kept: Uint8Array[] = [];
  const cuts: BytesSplit["cuts"] = [];
  for (const part of layout(runs, raw.length)) {
    const bytes = raw.subarray(part.offset, part.offset + part.length);
    if (part.kind === "kept") kept.push(bytes);
    else if (part.kind === "run")
      cuts.push({ cut: cutOf(part.run, sha256(part.run.content)), content: part.run.content });
    else cuts.push({ cut: cutOf({ ...part, ...asItIs, size: part.length }, sha256(bytes)), content: bytes });
  }
  return { skeleton: cuts.length === 0 ? raw : joined(kept), cuts };
}

function inMemory(raw: Uint8Array, { skeleton, cuts }: BytesSplit): Split {
  return {
    size: raw.length,
    sha256: sha256(raw),
    skeleton,
    cuts: cuts.map(({ cut, content }) => ({
      cut,
      content: () => memoryBody(content).read(),
      slice: async (from, to) => content.subarray(from, to),
      bytes: content,
    })),
  };
}

/** Splits a spooled message. The first reading finds and hashes the runs, the second fetches what stands between them. */
async function splitBody(body: Body): Promise<Split> {
  const runs: HashedRun[] = [];
  let hash = createHash("sha256");
  const scanner = new RunScanner(
    {
      decoded: (bytes) => void hash.update(bytes),
      ended(run) {
        if (run !== undefined) runs.push({ ...run, sha256: hash.digest("hex") as Sha256 });
        hash = createHash("sha256");
      },
      room: sharedRoom(),
    },
    mostRuns,
  );
  return takeOut(body, await digest(scanned(body, scanner)), runs);
}

/** Passes the body's chunks on, and through a window to the scanner. */
async function* scanned(body: Body, scanner: RunScanner): AsyncGenerator<Uint8Array> {
  const window = Buffer.allocUnsafe(windowBytes);
  let base = 0;
  let filled = 0;
  for await (const chunk of body.read()) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, window.length - filled);
      window.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < window.length) continue;
      const next = scanner.feed(window, base, false);
      window.copyWithin(0, next - base, filled);
      filled -= next - base;
      base = next;
    }
    yield chunk;
  }
  scanner.feed(window.subarray(0, filled), base, true);
}

async function takeOut(body: Body, whole: Digest, runs: HashedRun[]): Promise<Split> {
  if (whole.size !== body.size)
    throw new MailkeepError("corrupt", `a body of ${body.size} bytes was read as ${whole.size} bytes`);
  const kept: Uint8Array[] = [];
  const cuts: SplitCut[] = [];
  const read = ({ offset, length }: { offset: number; length: number }) => body.read(offset, offset + length);
  for (const part of layout(runs, body.size)) {
    if (part.kind === "kept") {
      if (part.length > 0) for await (const chunk of read(part)) kept.push(Uint8Array.from(chunk));
      continue;
    }
    const isRun = part.kind === "run";
    const cut = isRun
      ? cutOf(part.run, part.run.sha256)
      : cutOf({ ...part, ...asItIs, size: part.length }, (await digest(read(part))).sha256);
    const slice = (from: number, to: number) => sliceOf(body, cut, { from, to });
    cuts.push({ cut, content: () => decoded(read(cut), cut), slice });
  }
  return { ...whole, skeleton: joined(kept), cuts };
}

async function sliceOf(body: Body, cut: Cut, { from, to }: { from: number; to: number }): Promise<Uint8Array> {
  const { start, end, before } = ownPart(cut, from, to);
  const own: Uint8Array[] = [];
  for await (const chunk of body.read(cut.offset + start, cut.offset + end)) own.push(Uint8Array.from(chunk));
  const content = cut.lineLength === 0 ? joined(own) : Buffer.from(asBuffer(joined(own)).toString("latin1"), "base64");
  return content.subarray(before, before + to - from);
}

interface Digest {
  size: number;
  sha256: Sha256;
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest("hex") as Sha256 };
}

const cutOf = ({ offset, length, lineLength, eol, size }: Run, hash: Sha256): Cut => ({
  offset,
  length,
  lineLength,
  eol,
  size,
  sha256: hash,
});

const joined = (pieces: Uint8Array[]): Uint8Array =>
  (pieces.length === 1 ? pieces[0] : undefined) ?? Buffer.concat(pieces);
