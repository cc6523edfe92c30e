// A signing key in a file of this machine, made once: for development, where there is no Key Vault.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MailkeepError } from "../../core/errors.js";
import { thumbprint } from "../../core/jwk.js";
import type { Signer, SigningKey } from "../../ports/signer.js";

/** The file is readable by its owner alone. */
export function keyFileSigner(path: string): Signer {
  let opened: { key: KeyObject; told: SigningKey } | undefined;
  const open = () => {
    opened ??= described(readOrMake(path));
    return opened;
  };
  return {
    publicKey: async () => open().told,
    sign: async (bytes) => sign("sha256", bytes, { key: open().key, dsaEncoding: "ieee-p1363" }),
  };
}

/** A key that lives as long as the process, for tests. */
export function passingSigner(): Signer {
  const { key, told } = described(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  return {
    publicKey: async () => told,
    sign: async (bytes) => sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }),
  };
}

function described(key: KeyObject) {
  const jwk = createPublicKey(key).export({ format: "jwk" }) as Record<string, string>;
  const origin = "a development key on this machine";
  return { key, told: { kid: thumbprint(jwk), alg: "ES256" as const, jwk, development: true, origin } };
}

function readOrMake(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unreadable(cause);
  }
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
    return privateKey;
  } catch (cause) {
    // Another process made it meanwhile.
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return createPrivateKey(readFileSync(path));
    throw unreadable(cause);
  }
}

const unreadable = (cause: unknown): MailkeepError =>
  new MailkeepError("invalid", "the file of SIGNING_KEY_FILE cannot be used as a key", {
    reason: "SIGNING_KEY_UNSUITABLE",
    field: "SIGNING_KEY_FILE",
    cause,
  });
