// Content-Transfer-Encoding undone piece by piece (RFC 2045 sections 6.7 and 6.8), forgiving as mail needs it.

export interface TransferDecoder {
  push(bytes: Buffer): Buffer;
  /** What the end of the part still gives. */
  end(): Buffer;
}

/** Anything but base64 and quoted-printable is taken as it is. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === "base64") return base64Decoder();
  if (encoding === "quoted-printable") return quotedPrintableDecoder();
  return { push: (bytes) => bytes, end: () => nothing };
}

const nothing = Buffer.alloc(0);

/** Skips what is not base64, as the RFC wants it. Padding ends a group, and what follows it is decoded too. */
function base64Decoder(): TransferDecoder {
  let carry = "";
  return {
    push(bytes) {
      const groups = bytes
        .toString("latin1")
        .replace(/[^A-Za-z0-9+/=]/g, "")
        .split(/=+/);
      const open = (groups.length === 1 ? carry : "") + (groups.pop() ?? "");
      const ended = groups.map((group, index) => Buffer.from(index === 0 ? carry + group : group, "base64"));
      const whole = open.length - (open.length % 4);
      carry = open.slice(whole);
      return Buffer.concat([...ended, Buffer.from(open.slice(0, whole), "base64")]);
    },
    end: () => Buffer.from(carry, "base64"),
  };
}

const equals = 0x3d;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09;

/** An `=` that begins no octet and no soft line break stands for itself. Blanks at line ends stay: they are the sender's. */
function quotedPrintableDecoder(): TransferDecoder {
  let carry = nothing;
  const decode = (bytes: Buffer, final: boolean): Buffer => {
    const input = carry.length === 0 ? bytes : Buffer.concat([carry, bytes]);
    const out = Buffer.allocUnsafe(input.length);
    let [at, length] = [0, 0];
    while (at < input.length) {
      const byte = input[at] ?? 0;
      const read = byte === equals ? readEscape(input, at, final) : literal(byte);
      if (read === "more") break;
      at += read.taken;
      if (read.byte !== undefined) out[length++] = read.byte;
    }
    carry = Buffer.from(input.subarray(at));
    return out.subarray(0, length);
  };
  return { push: (bytes) => decode(bytes, false), end: () => decode(nothing, true) };
}

interface Escape {
  taken: number;
  byte: number | undefined;
}

const literal = (byte: number): Escape => ({ taken: 1, byte });
/** More blanks than this after an `=` are no soft line break. */
const mostBlanks = 1_000;

function readEscape(input: Buffer, at: number, final: boolean): Escape | "more" {
  let end = at + 1;
  while (isBlank(input[end]) && end - at < mostBlanks) end++;
  const [first, second] = [input[end], input[end + 1]];
  if (first === undefined) return final ? { taken: end - at, byte: undefined } : "more";
  if (first === lineFeed) return { taken: end + 1 - at, byte: undefined };
  if (second === undefined && !final) return "more";
  if (first === carriageReturn) return { taken: end + (second === lineFeed ? 2 : 1) - at, byte: undefined };
  const octet = end === at + 1 ? hexPair(first, second) : undefined;
  return octet === undefined ? literal(equals) : { taken: 3, byte: octet };
}

function hexPair(first: number, second: number | undefined): number | undefined {
  const text = String.fromCharCode(first, second ?? 0);
  return /^[0-9a-fA-F]{2}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
