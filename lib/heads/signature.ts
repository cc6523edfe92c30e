// Pure: whether a signature is right, and how its key is published.
import { createPublicKey, verify } from "node:crypto";
import { sha256 } from "../core/digest.js";
import { thumbprint } from "../core/jwk.js";
import type { SigningKey } from "../ports/signer.js";
import type { HeadSignature, PublishedKey } from "./head.js";

export const publishedKey = ({ kid, alg, jwk, development, origin }: SigningKey): PublishedKey => ({
  ...(jwk as { kty: "EC" | "RSA" }),
  kid,
  alg,
  use: "sig",
  development,
  origin,
});

/** Whether the key made this signature over these bytes, and is the one that the signature names. */
export function isSignedBy(key: PublishedKey, { sha256: hash, kid, alg, signature }: HeadSignature, bytes: Uint8Array) {
  if (sha256(bytes) !== hash || key.kid !== kid || key.alg !== alg || thumbprint(key) !== kid) return false;
  return isSignature(key, bytes, Buffer.from(signature, "base64url"));
}

export function isSignature(jwk: Record<string, unknown>, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return verify("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    // What is no key has signed nothing.
    return false;
  }
}
