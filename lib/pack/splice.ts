// The way back: the skeleton of a message and the contents of its cuts become the bytes Graph sent.
import { createHash } from "node:crypto";
import type { Body } from "../core/body.js";
import { sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { asBuffer, encoded, encodedLength, writeLines } from "./base64-lines.js";
import { longestLine } from "./base64-run.js";
import type { Cut } from "./manifest.js";
import { ownRoom, type Room, sharedRoom } from "./room.js";
import type { Split } from "./split.js";

/** One step through a message: bytes [from, to) of the skeleton, then perhaps a cut. */
interface Step<C> {
  from: number;
  to: number;
  cut: C | undefined;
}

/** A message put together in memory. @throws MailkeepError `corrupt` when skeleton, cuts and contents do not fit */
export function spliceBytes(skeleton: Uint8Array, cuts: { cut: Cut; content: Uint8Array }[]): Uint8Array {
  if (cuts.length === 0) return skeleton;
  const steps = walk(skeleton, cuts, ({ cut }) => cut);
  const out = Buffer.allocUnsafe(cuts.reduce((sum, { cut }) => sum + cut.length, skeleton.length));
  let at = 0;
  for (const { from, to, cut } of steps) {
    out.set(skeleton.subarray(from, to), at);
    at += to - from;
    if (cut === undefined) continue;
    if (cut.content.length !== cut.cut.size) throw new MailkeepError("corrupt", wrongSize(cut.cut, cut.content.length));
    if (cut.cut.lineLength === 0) out.set(cut.content, at);
    else writeLines(cut.content, cut.cut, out, at);
    at += cut.cut.length;
  }
  return out;
}

/**
 * A message of any size, a block at a time. `open` reads the content of a cut; it is called for one cut after another.
 * The caller checks length and SHA-256 of the whole. @throws MailkeepError `corrupt` as {@link spliceBytes} does
 */
export function splice(
  skeleton: Uint8Array,
  cuts: Cut[],
  open: (cut: Cut) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  return spliced(skeleton, cuts, { open, room: ownRoom });
}

async function* spliced(
  skeleton: Uint8Array,
  cuts: Cut[],
  { open, room }: { open(cut: Cut): AsyncIterable<Uint8Array>; room: Room },
): AsyncGenerator<Uint8Array> {
  for (const { from, to, cut } of walk(skeleton, cuts, (cut) => cut)) {
    if (to > from) yield skeleton.subarray(from, to);
    if (cut !== undefined) yield* encoded(counted(open(cut), cut), cut, room);
  }
}

/**
 * Proves that the split message can be put together again: the splice hashes to the message's SHA-256. False means that
 * the message must be stored uncut.
 */
export async function verifySplit(split: Split, body: Body): Promise<boolean> {
  // Nothing was cut out, and what goes into the pack is the very buffer that was hashed.
  if (split.cuts.length === 0 && split.skeleton === body.bytes) return split.size === body.size;
  const inMemory = split.cuts.flatMap(({ cut, bytes }) => (bytes === undefined ? [] : [{ cut, content: bytes }]));
  try {
    if (inMemory.length === split.cuts.length) {
      const message = spliceBytes(split.skeleton, inMemory);
      return message.length === body.size && sha256(message) === split.sha256;
    }
    const contents = new Map(split.cuts.map(({ cut, content }) => [cut, content]));
    const hash = createHash("sha256");
    let size = 0;
    const open = (cut: Cut) => contents.get(cut)?.() ?? nothing();
    for await (const chunk of spliced(split.skeleton, [...contents.keys()], { open, room: sharedRoom() })) {
      size += chunk.length;
      hash.update(chunk);
    }
    return size === body.size && hash.digest("hex") === split.sha256;
  } catch (error) {
    if (error instanceof MailkeepError && error.code === "corrupt") return false;
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Where literal bytes and cuts alternate. Every number in a manifest is checked here before it is used. */
function walk<C>(skeleton: Uint8Array, cuts: C[], cutOf: (item: C) => Cut): Step<C>[] {
  const steps: Step<C>[] = [];
  let from = 0;
  let messageAt = 0;
  for (const item of cuts) {
    const cut = cutOf(item);
    const to = from + cut.offset - messageAt;
    const formed = cut.lineLength <= longestLine || cut.eol === "";
    const fits = to >= from && to <= skeleton.length && cut.length === encodedLength(cut, cut.size);
    if (!formed || !fits) throw new MailkeepError("corrupt", `the cut at ${cut.offset} does not fit its message`);
    steps.push({ from, to, cut: item });
    from = to;
    messageAt = cut.offset + cut.length;
  }
  steps.push({ from, to: skeleton.length, cut: undefined });
  return steps;
}

async function* counted(content: AsyncIterable<Uint8Array>, cut: Cut): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > cut.size) break;
    yield asBuffer(chunk);
  }
  if (size !== cut.size) throw new MailkeepError("corrupt", wrongSize(cut, size));
}

const wrongSize = (cut: Cut, size: number): string =>
  `attachment ${cut.sha256} should have ${cut.size} bytes and has ${size > cut.size ? "more" : size}`;
