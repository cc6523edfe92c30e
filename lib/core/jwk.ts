// Names for public keys (JSON Web Keys).
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.js";

/** RFC 7638 section 3: the SHA-256 of the members that make the key, in order; base64url. */
export function thumbprint(jwk: Record<string, unknown>): string {
  const { crv, e, kty, n, x, y } = jwk as Record<string, string>;
  const members = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  return createHash("sha256").update(canonicalJson(members)).digest("base64url");
}
