// Walks the MIME parts of a message as they stream by. Everything a stranger may have put into it is bounded here.
import { pipeline, Readable } from "node:stream";
import mailsplit, { type MimeNode, type Next, type SplitItem } from "@zone-eu/mailsplit";
import { MailkeepError } from "../core/errors.js";
import { type Clock, second } from "../core/time.js";

/** Parts of one message, at every depth; nesting cannot be deeper than this either. The splitter's own default. */
export const mostParts = 1_000;
/**
 * The Content-… header fields of one part. Regular expressions in the splitter take quadratic time on some of them: 64 KiB
 * are the most that stay below a second.
 */
export const longestPartHeadBytes = 64 * 1024;
/** A line is held in memory until it ends; mail has lines of 1,000 characters (RFC 5322 section 2.1.1), forgeries more. */
export const longestLineBytes = 32 * 1024 * 1024;

/** Time for reading and parsing one message, without the time that whoever uses the items takes. */
export const parsingLimitMs = 120 * second;

export type MimeItem = { kind: "part"; node: MimeNode } | { kind: "content"; bytes: Buffer };

/**
 * Each leaf of the tree in order, followed by its content, still in its transfer encoding. An attached message is a leaf: its
 * own parts are not looked at.
 * @throws MailkeepError `too-large` (MESSAGE_TOO_COMPLEX) for more parts, longer lines or headers, or more time than allowed
 */
export async function* mimeItems(message: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<MimeItem> {
  const time = parsingTime(clock);
  const source = Readable.from(bounded(message, time), { objectMode: false });
  // Errors of either reach whoever reads the items; the callback has nothing to add.
  const items: AsyncIterable<SplitItem> = pipeline(source, new BoundedSplitter(), () => {});
  let leaf: MimeNode | undefined;
  for await (const item of items) {
    time.pause();
    if (item.type === "node") {
      leaf = item.multipart ? undefined : item;
      if (leaf !== undefined) yield { kind: "part", node: leaf };
    } else if (item.type === "body" && item.node === leaf && item.value !== undefined)
      yield { kind: "content", bytes: item.value };
    time.resume();
  }
}

/** The splitter, made to keep only the header fields it needs and to report what it cannot read instead of throwing it. */
class BoundedSplitter extends mailsplit.Splitter {
  constructor() {
    super({ ignoreEmbedded: true, maxHeadSize: longestPartHeadBytes, maxChildNodes: mostParts });
  }

  protected override newNode(parent: MimeNode | false | undefined): void {
    super.newNode(parent);
    const { node } = this;
    const keep = node.addHeaderChunk.bind(node);
    let wanted = false;
    node.addHeaderChunk = (line) => {
      const continued = line[0] === 0x20 || line[0] === 0x09;
      wanted = continued ? wanted : /^content-/i.test(line.toString("latin1", 0, 8));
      if (wanted) keep(line);
    };
  }

  protected override processLine(line: Buffer | false, final: boolean, next: Next): void {
    try {
      super.processLine(line, final, (error, ...rest) => next(error && tooComplex(error), ...rest));
    } catch (error) {
      next(tooComplex(error));
    }
  }
}

const tooComplex = (cause: unknown): MailkeepError =>
  refused("the message has too many parts, or headers that cannot be read", cause);

const refused = (message: string, cause?: unknown): MailkeepError =>
  new MailkeepError("too-large", `${message}; it can be had as .eml`, { reason: "MESSAGE_TOO_COMPLEX", cause });

/** Whatever the message is made of, it comes by here: a mebibyte at the most between two looks at the clock. */
async function* bounded(message: AsyncIterable<Uint8Array>, time: ParsingTime): AsyncGenerator<Uint8Array> {
  let line = 0;
  for await (const chunk of message) {
    if (time.spentMs() > parsingLimitMs) throw refused("the message takes too long to look for attachments in it");
    const end = chunk.lastIndexOf(0x0a);
    line = end === -1 ? line + chunk.length : chunk.length - end;
    if (line > longestLineBytes) throw refused("the message has a line too long to look for attachments in it");
    yield chunk;
  }
}

type ParsingTime = ReturnType<typeof parsingTime>;

function parsingTime(clock: Clock) {
  let spent = 0;
  let since: number | undefined = clock.monotonicMs();
  const spentMs = () => spent + (since === undefined ? 0 : clock.monotonicMs() - since);
  return {
    spentMs,
    pause() {
      spent = spentMs();
      since = undefined;
    },
    resume() {
      since = clock.monotonicMs();
    },
  };
}
