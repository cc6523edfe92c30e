// gzip of a stream, uncompressed again on the way. One chunk at a time goes through: nothing is copied to wait for its turn.
import { finished } from "node:stream/promises";
import { createGunzip, createGzip, type Gunzip, type Gzip } from "node:zlib";
import { MailkeepError } from "../core/errors.js";

const pieceBytes = 64 * 1024;

/**
 * The gzip of the chunks. `readBack` is given, piece by piece, what the gzip uncompresses to; all of it before the end of the
 * gzip is given out. Chunks and pieces hold their bytes until the next one is asked for.
 * @throws MailkeepError `corrupt` when the gzip cannot be uncompressed
 */
export async function* gzipped(
  chunks: AsyncIterable<Uint8Array>,
  readBack: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const packed: Uint8Array[] = [];
  const packing = feeding(createGzip({ chunkSize: pieceBytes }), (piece) => void packed.push(piece));
  const unpacking = feeding(createGunzip({ chunkSize: pieceBytes }), readBack);
  try {
    for await (const chunk of chunks) {
      await packing.write(chunk);
      for (const piece of packed.splice(0)) {
        await unpacking.write(piece);
        yield piece;
      }
    }
    await packing.end();
    for (const piece of packed) await unpacking.write(piece);
    await unpacking.end();
    yield* packed;
  } finally {
    packing.stop();
    unpacking.stop();
  }
}

/** A stream of zlib that is through with a chunk, and has given out what came of it, before the next one is written. */
function feeding(stream: Gzip | Gunzip, take: (piece: Buffer) => void) {
  const broken = (cause: unknown) => new MailkeepError("corrupt", "the gzip of an attachment is broken", { cause });
  // The callback of the write reports the error; without a listener the same error would also end the process.
  stream.on("error", () => {});
  stream.on("data", take);
  return {
    write(chunk: Uint8Array): Promise<void> {
      return new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (error) return reject(broken(error));
          while (stream.read() !== null);
          resolve();
        });
      });
    },
    async end(): Promise<void> {
      stream.end();
      await finished(stream).catch((error: unknown) => {
        throw broken(error);
      });
    },
    stop: () => void stream.destroy(),
  };
}
