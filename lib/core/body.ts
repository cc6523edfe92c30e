// The bytes of one message or attachment: in memory when small, else in a temporary file read in chunks.

/** Up to this size a body is held in memory; above, it is spooled, so that 64 bodies in flight stay under 64 MiB. */
export const inMemoryLimitBytes = 1024 * 1024;

export interface Body {
  /** Exact length in bytes. */
  readonly size: number;
  /** The whole body when it is in memory; undefined when it is spooled. */
  readonly bytes: Uint8Array | undefined;
  /**
   * Reads [start, end) in chunks of at most 1 MiB; the whole body without arguments. May be called again and again. A chunk
   * holds its bytes until the next one is asked for: who keeps it copies it.
   */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Removes the temporary file, if any. Calling it twice is harmless. */
  dispose(): Promise<void>;
}

export function memoryBody(bytes: Uint8Array): Body {
  return {
    size: bytes.length,
    bytes,
    async *read(start = 0, end = bytes.length) {
      yield bytes.subarray(start, end);
    },
    async dispose() {},
  };
}
