// Bodies as they arrive: in memory while small, in a temporary file once they are not.
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Body, inMemoryLimitBytes, memoryBody } from "../../core/body.js";
import { MailkeepError } from "../../core/errors.js";
import { Fault } from "./fault.js";

const chunkBytes = 256 * 1024;

/** A body in a file, read in chunks of 256 KiB; `dispose` removes the file. */
function spooledBody(path: string, size: number): Body {
  let removed: Promise<void> | undefined;
  return {
    size,
    bytes: undefined,
    async *read(start = 0, end = size) {
      const last = Math.min(end, size);
      const file = await open(path, "r");
      try {
        const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(chunkBytes, last - start)));
        for (let at = start; at < last; ) {
          const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, last - at), at);
          if (bytesRead === 0) throw new MailkeepError("corrupt", "a temporary file is shorter than what was written");
          yield chunk.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    },
    dispose() {
      removed ??= rm(path, { force: true });
      return removed;
    },
  };
}

/** Takes the chunks of one body in order. */
export class Intake {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #size = 0;
  #path: string | undefined;
  #file: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** With `spoolTo`, what does not fit in memory goes to the file it names; nothing is ever larger than `maxBytes`. */
  constructor(private readonly limits: { maxBytes: number; spoolTo?: () => string }) {}

  /** A promise when the sender should pause until it settles. @throws Fault `too-large` */
  add(chunk: Uint8Array): Promise<void> | undefined {
    this.#size += chunk.length;
    if (this.#size > this.limits.maxBytes) throw new Fault("too-large", `over ${this.limits.maxBytes} bytes`);
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.limits.spoolTo === undefined || this.#held <= inMemoryLimitBytes) return undefined;
    this.#path ??= this.limits.spoolTo();
    return this.#flush(this.#path);
  }

  async finish(): Promise<Body> {
    if (this.#path === undefined) return memoryBody(this.#joined());
    await this.#flush(this.#path);
    await this.#file?.close();
    return spooledBody(this.#path, this.#size);
  }

  /** Leaves nothing behind, in memory or on disk. */
  async discard(): Promise<void> {
    this.#chunks = [];
    if (this.#path === undefined) return;
    await this.#writing.catch(() => {}); // that failure is already being told
    await this.#file?.close();
    await rm(this.#path, { force: true });
  }

  #joined(): Uint8Array {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks, this.#held);
  }

  #flush(path: string): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#held = 0;
    this.#writing = this.#writing.then(() => this.#write(path, chunks));
    return this.#writing;
  }

  async #write(path: string, chunks: Uint8Array[]): Promise<void> {
    try {
      if (this.#file === undefined) {
        await mkdir(dirname(path), { recursive: true });
        this.#file = await open(path, "wx", 0o600);
      }
      for (const chunk of chunks) await writeAll(this.#file, chunk);
    } catch (error) {
      throw new MailkeepError("unavailable", "a large message could not be put on the local disk", {
        cause: error,
        reason: "SPOOL_FAILED",
      });
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}
