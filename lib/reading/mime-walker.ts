// Finds the parts of a message (RFC 2046 section 5.1) in bytes as they come, whatever their chunks. Pure.
import { HeadLines, type PartHead } from "./part-head.js";
import { refused } from "./refused.js";

/** Parts of one message, at every depth. */
export const mostParts = 1_000;
/** Multiparts in one another. */
export const deepestNesting = 50;
/** A line is held until it ends only while it may be a boundary (70 characters, section 5.1.1) or is part of a header. */
const longestHeldBytes = 8 * 1024;

/** A part that is no multipart, then its content, still in its transfer encoding. */
export type MimeItem = { kind: "part"; head: PartHead } | { kind: "content"; bytes: Buffer };

const lineFeed = 0x0a;
const dash = 0x2d;
const nothing = Buffer.alloc(0);

/**
 * Boundaries may have blanks after them, as the RFC says; one of an outer multipart ends the inner ones that were never
 * closed. An attached message is a part like any other: its own parts are not looked at.
 */
export class MimeWalker {
  private state: "head" | "leaf" | "between" = "head";
  private head = new HeadLines();
  private parts = 1;
  /** The open multiparts, the outermost first. */
  private readonly open: { boundary: string; digest: boolean }[] = [];
  private held = nothing;
  private atLineStart = true;
  /** The line ending given out last: it belongs to the boundary, if one follows (section 5.1.1). */
  private ending = nothing;

  /** @throws MailkeepError `too-large` (MESSAGE_TOO_COMPLEX) */
  *push(bytes: Buffer): Generator<MimeItem> {
    const input = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    yield* this.walk(input, false);
  }

  *end(): Generator<MimeItem> {
    yield* this.walk(this.held, true);
    if (this.state === "head") yield* this.endHead();
    if (this.state === "leaf" && this.ending.length > 0) yield { kind: "content", bytes: this.ending };
  }

  private *walk(input: Buffer, final: boolean): Generator<MimeItem> {
    this.held = nothing;
    for (let at = 0; at < input.length; )
      at = this.state === "head" ? yield* this.headLine(input, at, final) : yield* this.body(input, at, final);
  }

  /** One line of a header; gives the position after it. */
  private *headLine(input: Buffer, at: number, final: boolean): Generator<MimeItem, number> {
    const line = wholeLine(input, at, final);
    if (line === undefined) return this.hold(input, at);
    const isStart = this.atLineStart;
    const boundary = isStart ? this.boundaryOf(line) : undefined;
    if (isStart && this.open.length > 0 && this.head.endsBefore(line)) {
      yield* this.endHead();
      return at;
    }
    this.atLineStart = line.at(-1) === lineFeed;
    if (boundary !== undefined || (isStart && isEmpty(line))) yield* this.endHead();
    else this.head.add(line, !isStart);
    if (boundary !== undefined) this.cross(boundary);
    return at + line.length;
  }

  /** Everything up to the next boundary, or to the end of the input; gives the position after it. */
  private *body(input: Buffer, from: number, final: boolean): Generator<MimeItem, number> {
    let at = from;
    while (at < input.length) {
      if (this.atLineStart && input[at] === dash) {
        const line = wholeLine(input, at, final);
        const boundary = line && this.boundaryOf(line);
        if (line === undefined || boundary !== undefined) yield* this.content(input.subarray(from, at));
        if (line === undefined) return this.hold(input, at);
        if (boundary !== undefined) {
          this.cross(boundary);
          return at + line.length;
        }
      }
      const dashed = input.indexOf("\n-", at, "latin1");
      at = dashed === -1 ? input.length : dashed + 1;
      this.atLineStart = input[at - 1] === lineFeed;
    }
    yield* this.content(input.subarray(from, at));
    return at;
  }

  private hold(input: Buffer, at: number): number {
    this.held = Buffer.from(input.subarray(at));
    return input.length;
  }

  private *content(bytes: Buffer): Generator<MimeItem> {
    if (this.state !== "leaf" || bytes.length === 0) return;
    let rest = bytes;
    // Only together do a CR and the LF of the next chunk make one line ending.
    if (rest.length <= 2) rest = Buffer.concat([this.ending, rest]);
    else if (this.ending.length > 0) yield { kind: "content", bytes: this.ending };
    const end = rest.length - endingLength(rest);
    if (end > 0) yield { kind: "content", bytes: rest.subarray(0, end) };
    this.ending = Buffer.from(rest.subarray(end));
  }

  private boundaryOf(line: Buffer): Boundary | undefined {
    if (line[0] !== dash || line[1] !== dash || line.length > longestHeldBytes) return undefined;
    const text = line.toString("latin1", 2).trimEnd();
    for (let index = this.open.length - 1; index >= 0; index--) {
      const boundary = this.open[index]?.boundary;
      if (text === boundary) return { index, closes: false };
      if (text === `${boundary}--`) return { index, closes: true };
    }
    return undefined;
  }

  private cross({ index, closes }: Boundary): void {
    this.ending = nothing;
    this.atLineStart = true;
    this.open.length = closes ? index : index + 1;
    this.state = closes ? "between" : "head";
    if (closes) return;
    this.head = new HeadLines();
    if (++this.parts > mostParts) throw refused(`the message has more than ${mostParts} parts`);
  }

  private *endHead(): Generator<MimeItem> {
    const head = this.head.parse();
    if (head.contentType === "" && this.open.at(-1)?.digest === true) head.contentType = "message/rfc822";
    const isMultipart = head.contentType.startsWith("multipart/");
    this.state = isMultipart ? "between" : "leaf";
    if (!isMultipart) yield { kind: "part", head };
    if (!head.boundary) return;
    this.open.push({ boundary: head.boundary, digest: head.contentType === "multipart/digest" });
    if (this.open.length > deepestNesting) throw refused(`the message is nested more than ${deepestNesting} deep`);
  }
}

interface Boundary {
  /** Whose it is, among the open multiparts. */
  index: number;
  closes: boolean;
}

/** The line at this place with its ending; undefined when more of it must come first. */
function wholeLine(input: Buffer, at: number, final: boolean): Buffer | undefined {
  const feed = input.indexOf(lineFeed, at);
  if (feed === -1 && !final && input.length - at <= longestHeldBytes) return undefined;
  return input.subarray(at, feed === -1 ? input.length : feed + 1);
}

const isEmpty = (line: Buffer): boolean => line.length <= 2 && endingLength(line) === line.length;

function endingLength(bytes: Buffer): number {
  if (bytes.at(-1) === 0x0d) return 1;
  if (bytes.at(-1) !== lineFeed) return 0;
  return bytes.at(-2) === 0x0d ? 2 : 1;
}
