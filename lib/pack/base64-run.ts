// Finds runs of equal-length base64 lines in raw bytes, without parsing MIME. One pass, in windows of any size; what is
// found depends on the message alone, never on where the windows begin. FORMAT.md has the definition of a run.
import {
  beginsLine,
  CR,
  cleanLine,
  decodeCanonical,
  decodeDigits,
  endOfDigits,
  endOfPadded,
  endsLine,
  isDigit,
  isEol,
  LF,
} from "./base64-bytes.js";
import type { Cut } from "./manifest.js";
import type { Room } from "./room.js";

/** Runs that decode to less stay in the message: 4 KiB is where blobs stop paying for themselves (FORMAT.md). */
const leastCutBytes = 4096;
/** A line with more digits than this is a run by itself, with or without line endings around it. */
export const longestLine = Math.ceil(leastCutBytes / 3) * 4 - 4;
/** Shorter lines are left alone: no mail program folds base64 so narrowly, and each line costs time. */
export const shortestLine = 16;
/** A window that is not the last must be at least so long, so that every call gets on. */
export const leastWindowBytes = 64 * 1024;

/** The full lines of a run are at least half of it (2,731 bytes or more), so that no run hides between two probes. */
const probeEvery = 2048;
const firstBlock = 8 * 1024;
/** The text of a block is a string; over 128 KiB V8 gives each one pages of its own, which costs more than it saves. */
const largestBlock = 96 * 1024;

export interface Run extends Pick<Cut, "offset" | "length" | "lineLength" | "eol"> {
  /** Decoded bytes. */
  size: number;
}

export interface RunSink {
  /** The next decoded bytes of the run being read. It may yet turn out too short. */
  decoded(bytes: Buffer): void;
  /** The run is over: kept, or too short and to be forgotten. */
  ended(run: Run | undefined): void;
  /** Where decoded bytes go, for a sink that does not keep them. Without it each call of `decoded` gets bytes of its own. */
  room?: Room;
}

/** Part of a message; `base` is the offset of its first byte, `final` says that nothing follows. */
interface Window {
  bytes: Buffer;
  base: number;
  final: boolean;
}

/** A run being read: [start, at) has been decoded. */
interface OpenRun {
  start: number;
  at: number;
  /** 0 for a single long line. */
  lineLength: number;
  eol: Cut["eol"];
  /** So many lines decode to whole bytes. */
  group: number;
  size: number;
  /** Grows with the run, so that what is wrongly begun costs little. */
  block: number;
}

export class RunScanner {
  /** No run begins before this offset. */
  #low = 0;
  /** The last offset looked at. */
  #probe = 0;
  #open: OpenRun | undefined;

  /** @param runsLeft stops looking after so many runs */
  constructor(
    private readonly sink: RunSink,
    private runsLeft = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * Reads a window of the message that begins at offset `base`. Returns the offset from which the next window must begin:
   * the bytes before it are settled.
   */
  feed(bytes: Buffer, base: number, final: boolean): number {
    const window = { bytes, base, final };
    while (this.#open === undefined ? this.#search(window) : this.#extend(window, this.#open));
    // One byte of context stays: a line begins after a line feed.
    return Math.max((this.#open?.at ?? this.#low) - 1, base);
  }

  /** Probes until a run is found (true) or the window ends (false). */
  #search(window: Window): boolean {
    const { bytes, base, final } = window;
    const end = base + bytes.length - (final ? 0 : longestLine + 3);
    if (this.runsLeft === 0) {
      this.#low = base + bytes.length;
      return false;
    }
    for (let probe = this.#probe + probeEvery; probe < end; probe += probeEvery) {
      this.#probe = probe;
      this.#open = this.#runAround(window, probe);
      if (this.#open !== undefined) return true;
      this.#low = probe;
    }
    return false;
  }

  #runAround({ bytes, base }: Window, probe: number): OpenRun | undefined {
    const low = this.#low - base;
    let from = probe - base;
    if (bytes[from] === LF) from--;
    if (bytes[from] === CR) from--;
    if (from < low || !isDigit(bytes, from)) return undefined;
    const to = endOfDigits(bytes, from, Math.min(bytes.length, from + longestLine + 1));
    while (from > low && isDigit(bytes, from - 1)) from--;
    const lineLength = to - from;
    const run = { at: 0, size: 0, block: firstBlock };
    if (lineLength > longestLine)
      return { ...run, start: base + from, at: base + from, lineLength: 0, eol: "", group: 1 };
    const eol = isEol(bytes, to, "\n") ? "\n" : isEol(bytes, to, "\r\n") ? "\r\n" : undefined;
    if (eol === undefined || lineLength < shortestLine || !beginsLine(bytes, base, from)) return undefined;
    const start = base + firstLine({ bytes, base, low }, from, lineLength, eol);
    return {
      ...run,
      start,
      at: start,
      lineLength,
      eol,
      group: lineLength % 4 === 0 ? 1 : lineLength % 2 === 0 ? 2 : 4,
    };
  }

  /** Reads on in an open run until it ends (true) or the window does (false). */
  #extend(window: Window, run: OpenRun): boolean {
    return run.lineLength === 0 ? this.#extendLine(window, run) : this.#extendLines(window, run);
  }

  #extendLines(window: Window, run: OpenRun): boolean {
    const { bytes, base, final } = window;
    const stride = run.lineLength + run.eol.length;
    for (;;) {
      const at = run.at - base;
      const most = Math.max(1, Math.floor(run.block / stride / run.group)) * run.group;
      let lines = 0;
      while (lines < most && isEol(bytes, at + lines * stride + run.lineLength, run.eol)) lines++;
      const whole = lines - (lines % run.group);
      if (whole > 0 && this.#take(bytes, base, run, whole) < whole) break;
      if (whole === most) continue;
      if (!final && base + bytes.length - run.at < (run.group + 1) * stride) return false;
      break;
    }
    this.#closeLines(window, run);
    return true;
  }

  /** Decodes `lines` lines, or as many whole groups of them as are clean; returns how many. */
  #take(bytes: Buffer, base: number, run: OpenRun, lines: number): number {
    const stride = run.lineLength + run.eol.length;
    const at = run.at - base;
    let good = lines;
    const digits = (whole: number) => ({ from: at, to: at + whole * stride, count: whole * run.lineLength });
    let decoded = decodeDigits(bytes, digits(lines), this.sink.room);
    if (decoded === undefined) {
      good = 0;
      while (good < lines && cleanLine(bytes, at + good * stride, run.lineLength)) good++;
      good -= good % run.group;
      decoded = decodeDigits(bytes, digits(good), this.sink.room);
      if (good === 0 || decoded === undefined) return 0;
    }
    this.#decoded(run, decoded, good * stride);
    return good;
  }

  /** A last line may be shorter and padded; before it may stand full lines that alone do not make whole bytes. */
  #closeLines({ bytes, base }: Window, run: OpenRun): void {
    const { lineLength, eol, group } = run;
    const from = run.at - base;
    let at = from;
    let text = "";
    let last: { decoded: Buffer; to: number } | undefined;
    for (let line = 0; line < group; line++) {
      const to = endOfPadded(bytes, at, Math.min(bytes.length, at + lineLength));
      text += bytes.toString("latin1", at, to);
      const decoded = to > at && endsLine(bytes, to) ? decodeCanonical(text) : undefined;
      if (decoded !== undefined) last = { decoded, to };
      if (to < at + lineLength || !isEol(bytes, to, eol)) break;
      at = to + eol.length;
    }
    if (last !== undefined) this.#decoded(run, last.decoded, last.to - from);
    this.#close(run, last === undefined ? run.at - eol.length : run.at);
  }

  #extendLine(window: Window, run: OpenRun): boolean {
    const { bytes, base, final } = window;
    for (;;) {
      const at = run.at - base;
      const whole = Math.min(run.block, Math.floor((bytes.length - at) / 4) * 4);
      const digits = { from: at, to: at + whole, count: whole };
      const decoded = whole === 0 ? undefined : decodeDigits(bytes, digits, this.sink.room);
      if (decoded !== undefined) this.#decoded(run, decoded, whole);
      else if (whole === 0 && !final) return false;
      else break;
    }
    const at = run.at - base;
    const clean = endOfDigits(bytes, at, Math.min(bytes.length, at + run.block)) - at;
    for (const length of [clean - (clean % 4), 4]) {
      const from = run.at - base;
      const decoded = decodeCanonical(bytes.toString("latin1", from, from + length));
      if (decoded !== undefined) this.#decoded(run, decoded, length);
    }
    this.#close(run, run.at);
    return true;
  }

  #decoded(run: OpenRun, bytes: Buffer, length: number): void {
    run.at += length;
    run.size += bytes.length;
    run.block = Math.min(run.block * 2, largestBlock);
    this.sink.decoded(bytes);
  }

  #close(run: OpenRun, end: number): void {
    const { start: offset, size, eol } = run;
    this.#open = undefined;
    this.#low = run.at;
    this.#probe = Math.max(this.#probe, run.at);
    const length = end - offset;
    const lineLength = run.lineLength === 0 ? length : run.lineLength;
    const kept = size >= leastCutBytes;
    if (kept) this.runsLeft--;
    this.sink.ended(kept ? { offset, length, lineLength, eol, size } : undefined);
  }
}

/** Goes back from the line at `from` over lines of the same form, as far as `low`. */
function firstLine(
  { bytes, base, low }: { bytes: Buffer; base: number; low: number },
  from: number,
  lineLength: number,
  eol: "\r\n" | "\n",
): number {
  for (let start = from; ; ) {
    const before = start - eol.length - lineLength;
    const fits = before >= low && isEol(bytes, before + lineLength, eol) && beginsLine(bytes, base, before);
    if (!fits || !cleanLine(bytes, before, lineLength)) return start;
    start = before;
  }
}
