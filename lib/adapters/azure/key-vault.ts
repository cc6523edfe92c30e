// A key vault over its REST interface (https://learn.microsoft.com/rest/api/keyvault): three calls, so no library. A
// secret's value passes through here to the token endpoint and is kept nowhere; a certificate's private key stays inside.
import { MailkeepError } from "../../core/errors.js";
import { disabled, vaultRefusal } from "./vault-refusal.js";
import { askJson } from "./web.js";

const apiVersion = "7.4";

export interface VaultSecret {
  value: string;
  expiresAt: Date | undefined;
}

export interface VaultCertificate {
  /** The certificate without its private key, as DER. */
  der: Buffer;
  /** The key to sign with, in its version. */
  keyUrl: string;
  expiresAt: Date | undefined;
}

export interface KeyVault {
  secret(name: string): Promise<VaultSecret>;
  certificate(name: string): Promise<VaultCertificate>;
  /** RSASSA-PSS over a SHA-256 digest. */
  sign(keyUrl: string, digest: Buffer): Promise<Buffer>;
}

/**
 * `token` gives a bearer token for the vault.
 * Errors: as {@link vaultRefusal} has them; `unavailable` (KEY_VAULT_UNAVAILABLE, KEY_VAULT_UNKNOWN) without an answer.
 */
export function openKeyVault(url: string, token: () => Promise<string>): KeyVault {
  const { origin } = new URL(url);

  async function ask(path: string, body?: object): Promise<Record<string, unknown>> {
    const { status, json } = await askJson({
      url: `${origin}${path}?api-version=${apiVersion}`,
      headers: { authorization: `Bearer ${await token()}`, ...(body && { "content-type": "application/json" }) },
      whom: "the key vault",
      silence: "KEY_VAULT_UNAVAILABLE",
      nowhere: "KEY_VAULT_UNKNOWN",
      ...(body && { method: "POST" as const, body: JSON.stringify(body) }),
    });
    if (status >= 200 && status < 300) return json;
    throw vaultRefusal({ origin, path, method: body === undefined ? "GET" : "POST" }, status, json);
  }

  return {
    async secret(name) {
      const json = await ask(`/secrets/${name}`);
      return { value: textIn(json, "value"), expiresAt: expiryIn(json) };
    },
    async certificate(name) {
      const path = `/certificates/${name}`;
      const json = await ask(path);
      // A disabled certificate is shown all the same; its key would refuse to sign.
      if (attributesIn(json).enabled === false) throw vaultRefusal({ origin, path, method: "GET" }, 200, disabled);
      const keyUrl = textIn(json, "kid");
      return { der: Buffer.from(textIn(json, "cer"), "base64"), keyUrl, expiresAt: expiryIn(json) };
    },
    async sign(keyUrl, digest) {
      const key = new URL(keyUrl);
      // The vault names the key by its full address: the token goes to the vault we know and nowhere else.
      if (!key.pathname.startsWith("/keys/")) throw malformed("a key that is none");
      const json = await ask(`${key.pathname}/sign`, { alg: "PS256", value: digest.toString("base64url") });
      return Buffer.from(textIn(json, "value"), "base64url");
    },
  };
}

function textIn(json: Record<string, unknown>, name: string): string {
  const value = json[name];
  if (typeof value === "string" && value !== "") return value;
  throw malformed(`no ${name}`);
}

/** `exp` in seconds since 1970; absent for what never expires. */
function expiryIn(json: Record<string, unknown>): Date | undefined {
  const { exp } = attributesIn(json);
  return typeof exp === "number" ? new Date(exp * 1_000) : undefined;
}

function attributesIn({ attributes }: Record<string, unknown>): Record<string, unknown> {
  return attributes !== null && typeof attributes === "object" ? (attributes as Record<string, unknown>) : {};
}

const malformed = (what: string): MailkeepError =>
  new MailkeepError("unavailable", `the key vault answered with ${what}`, { reason: "KEY_VAULT_UNAVAILABLE" });
