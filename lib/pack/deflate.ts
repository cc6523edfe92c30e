// Deflate in the thread pool, with a few streams that are used again and again: making a new one for each message costs as
// much CPU as compressing it (measured: 0.73 against 0.37 ms for 12 KB, and 0.17 against 0.04 ms of that on the main thread).
import { constants, createDeflateRaw, type DeflateRaw } from "node:zlib";

/**
 * On the skeletons of real mail level 6 gives 37.35 %, level 9 37.31 % and level 1 39.36 % of the size, for 34, 30 and 31
 * milliseconds a megabyte: no level is worth leaving the one every zip program uses.
 */
const level = 6;

/**
 * Streams of the whole process, 300 KB each. The thread pool has four threads; as many again wait their turn there, so that
 * no thread idles. Packs that each kept their own took 40 MB with sixteen mailboxes at work.
 */
const mostStreams = 8;

let made = 0;
const idle: DeflateRaw[] = [];
const waiting: ((stream: DeflateRaw) => void)[] = [];

/** The bytes as one raw deflate stream (RFC 1951). May be called concurrently. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = await takeStream();
  try {
    const deflated = await deflateWith(stream, bytes);
    giveBack(stream);
    return deflated;
  } catch (error) {
    stream.destroy();
    giveBack(newStream());
    throw error;
  }
}

function takeStream(): DeflateRaw | Promise<DeflateRaw> {
  const stream = idle.pop();
  if (stream !== undefined) return stream;
  if (made >= mostStreams) return new Promise((resolve) => waiting.push(resolve));
  made++;
  return newStream();
}

function giveBack(stream: DeflateRaw): void {
  const next = waiting.shift();
  if (next === undefined) idle.push(stream);
  else next(stream);
}

function newStream(): DeflateRaw {
  // With `flush` each write ends its own deflate stream; reset() then begins the next.
  const stream = createDeflateRaw({ level, flush: constants.Z_FINISH, chunkSize: 32 * 1024 });
  // The callback of the write reports the error; without a listener the same error would also end the process.
  stream.on("error", () => {});
  return stream;
}

function deflateWith(stream: DeflateRaw, bytes: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const pieces: Buffer[] = [];
  const collect = (piece: Buffer) => void pieces.push(piece);
  stream.on("data", collect);
  stream.write(bytes, (error) => {
    if (error) return reject(error);
    // Whatever the stream still holds back belongs to this message, not to the next.
    while (stream.read() !== null);
    stream.off("data", collect);
    stream.reset();
    resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
  });
  return promise;
}
