/** A public key as JSON Web Key (RFC 7517), with what is known of where it is kept. */
export interface SigningKey {
  /** RFC 7638 thumbprint: it names the key and proves that a copy of it is the right one. */
  kid: string;
  alg: "ES256" | "RS256";
  jwk: Record<string, string>;
  /** The key lies on a development machine: its signatures prove nothing to anybody else. */
  development: boolean;
  /** Where the private key is kept: the address of the key's version in Key Vault, or words. */
  origin: string;
}

/**
 * Signs with a key that this process cannot take away with it, but for a development key.
 * Errors: `forbidden`, `unauthenticated`, `not-found`, `unavailable`, `invalid` (SIGNING_KEY_UNSUITABLE).
 */
export interface Signer {
  /** The newest version of the key. */
  publicKey(): Promise<SigningKey>;
  /** The signature (RFC 7518 section 3: for ES256 the two numbers behind each other) over the SHA-256 of the bytes. */
  sign(bytes: Uint8Array, key: SigningKey): Promise<Uint8Array>;
}
