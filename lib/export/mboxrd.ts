// mboxrd: messages one after the other in a file, each behind a "From " line, every line that looks like one quoted by a `>`
// more (https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml). The bytes of a message stay as they are.

const lineFeed = 0x0a;
const quote = 0x3e;
const from = Buffer.from("From ");

/** The line before a message: sender and time in UTC, as asctime writes it. */
export function fromLine({ sender, receivedAt }: { sender: string | undefined; receivedAt: string }): string {
  const envelope = /^[!-~]{1,320}$/.test(sender ?? "") ? sender : "MAILER-DAEMON";
  const time = new Date(receivedAt);
  const [week, date, month, year, clock] = (Number.isNaN(time.getTime()) ? new Date(0) : time).toUTCString().split(" ");
  return `From ${envelope} ${week?.replace(",", "")} ${month} ${date?.replace(/^0/, " ")} ${clock} ${year}\n`;
}

/**
 * One message as it stands in the file. A message that does not end its last line gets that end, and an empty line closes
 * every message; its length in the index says where its own bytes end.
 */
export async function* mboxrd(
  message: { sender: string | undefined; receivedAt: string },
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(fromLine(message));
  const quoting = quoter();
  for await (const chunk of body) {
    const quoted = quoting.push(chunk);
    if (quoted.length > 0) yield quoted;
  }
  yield Buffer.concat([quoting.end(), Buffer.from(quoting.endsLine() ? "\n" : "\n\n")]);
}

/** Puts a `>` before each line that begins with any number of `>` and "From ". */
function quoter() {
  /** Less than `From `: it is not yet certain whether it begins such a line. */
  let held = Buffer.alloc(0);
  let atLineStart = true;
  let last = lineFeed;
  return {
    push(chunk: Uint8Array): Buffer {
      if (chunk.length === 0) return Buffer.alloc(0);
      last = chunk[chunk.length - 1] ?? last;
      const bytes =
        held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([held, chunk]);
      held = Buffer.alloc(0);
      const out: Buffer[] = [];
      let done = 0;
      let unsure = false;
      for (let line = atLineStart ? 0 : nextLine(bytes, 0); line < bytes.length; line = nextLine(bytes, line)) {
        const { kind, at } = lookAt(bytes, line);
        if (kind === "plain") continue;
        out.push(bytes.subarray(done, at));
        done = at;
        if (kind === "unsure") {
          unsure = true;
          held = Buffer.from(bytes.subarray(at));
          done = bytes.length;
          break;
        }
        out.push(Buffer.of(quote));
      }
      out.push(bytes.subarray(done));
      atLineStart = unsure || last === lineFeed;
      return out.length === 1 && out[0] !== undefined ? out[0] : Buffer.concat(out);
    },
    end: () => held,
    endsLine: () => last === lineFeed,
  };
}

/** Where the line after the one at `at` begins; the length when there is none. */
function nextLine(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(lineFeed, at);
  return end < 0 ? bytes.length : end + 1;
}

/** `at`: behind the quotes that are there already. One more may stand there as well as before them. */
function lookAt(bytes: Buffer, line: number): { kind: "from" | "plain" | "unsure"; at: number } {
  let at = line;
  while (bytes[at] === quote) at++;
  for (let index = 0; index < from.length; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return { kind: "unsure", at };
    if (byte !== from[index]) return { kind: "plain", at };
  }
  return { kind: "from", at };
}
