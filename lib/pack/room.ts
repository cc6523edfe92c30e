// Where the bytes of a block go: into a buffer of its own, or into one that is used again for every block. Garbage of a few
// hundred megabytes, made within a second, would stay in memory until somebody collects it.

/** Gives a buffer of exactly so many bytes. */
export type Room = (bytes: number) => Buffer;

/** For blocks that somebody keeps. */
export const ownRoom: Room = (bytes) => Buffer.allocUnsafe(bytes);

/** One buffer for all: whoever is given a block is through with it before the next one is made. */
export function sharedRoom(): Room {
  let buffer = Buffer.alloc(0);
  return (bytes) => {
    if (buffer.length < bytes) buffer = Buffer.allocUnsafe(bytes);
    return buffer.subarray(0, bytes);
  };
}
