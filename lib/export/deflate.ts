// Deflate in pieces that know nothing of each other: joined they are one deflate stream, which can therefore be begun by one
// worker and gone on with by another.
import { promisify } from "node:util";
import { constants, deflateRaw } from "node:zlib";

const deflated = promisify(deflateRaw) as (bytes: Uint8Array, options: object) => Promise<Buffer>;

/** The bytes as deflate blocks none of which is the last, ending on a whole byte (RFC 1951 section 3.2.3, zlib's full flush). */
export function deflatePiece(bytes: Uint8Array): Promise<Buffer> {
  return deflated(bytes, { finishFlush: constants.Z_FULL_FLUSH });
}

/** The last block of a stream, empty: final bit, fixed codes, end of block. */
export const lastBlock = Buffer.from([0x03, 0x00]);
