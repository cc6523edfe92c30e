// Signs a digest that was made elsewhere, as a vault does: RSASSA-PSS with SHA-256 (RFC 8017 section 9.1.1), 2,048 bits.
import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from "node:crypto";

const keyBytes = 256;
const hashBytes = 32;

export function signDigest(digest: Buffer, key: KeyObject): Buffer {
  const salt = randomBytes(hashBytes);
  const hash = sha256(Buffer.concat([Buffer.alloc(8), digest, salt]));
  const block = Buffer.alloc(keyBytes - hashBytes - 1);
  block[block.length - hashBytes - 1] = 1;
  salt.copy(block, block.length - hashBytes);
  const mask = stretched(hash, block.length);
  for (let at = 0; at < block.length; at++) block[at] = (block[at] ?? 0) ^ (mask[at] ?? 0);
  // One bit less than the modulus.
  block[0] = (block[0] ?? 0) & 0x7f;
  const padded = Buffer.concat([block, hash, Buffer.from([0xbc])]);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, padded);
}

const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** MGF1 (appendix B.2.1). */
function stretched(seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let count = 0; count * hashBytes < length; count++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    parts.push(sha256(Buffer.concat([seed, counter])));
  }
  return Buffer.concat(parts).subarray(0, length);
}
