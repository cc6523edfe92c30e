// A key in Key Vault that signs there and never leaves it. Two calls of its REST interface; a client library would bring
// fifty times the code. https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign
import { createHash } from "node:crypto";
import { MailkeepError } from "../../core/errors.js";
import { thumbprint } from "../../core/jwk.js";
import { second } from "../../core/time.js";
import type { Signer, SigningKey } from "../../ports/signer.js";

export interface VaultAccess {
  /** Address of the key, with or without a version: https://{vault}/keys/{name}[/{version}]. */
  keyUrl: string;
  /** A bearer token for the vault. */
  token(): Promise<string>;
}

const apiVersion = "api-version=7.4";
const timeoutMs = 30 * second;

interface VaultKey {
  key?: { kid?: string; kty?: string; crv?: string; n?: string; e?: string; x?: string; y?: string };
}

export function keyVaultSigner({ keyUrl, token }: VaultAccess): Signer {
  async function ask(url: string, body?: unknown): Promise<unknown> {
    const headers = { authorization: `Bearer ${await token()}`, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}?${apiVersion}`, {
      ...init,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw new MailkeepError("unavailable", "Key Vault does not answer", { cause });
    });
    const text = await answer.text().catch((cause: unknown) => {
      throw new MailkeepError("unavailable", "the answer of Key Vault broke off", { cause });
    });
    if (!answer.ok) throw refusal(answer.status, text);
    return parsed(text);
  }
  return {
    async publicKey() {
      const { key } = (await ask(keyUrl)) as VaultKey;
      return describedKey(key, new URL(keyUrl).origin);
    },
    async sign(bytes, { origin, alg }) {
      const value = createHash("sha256").update(bytes).digest("base64url");
      // By the address of the version: the key may be rotated between two calls.
      const answer = (await ask(`${origin}/sign`, { alg, value })) as { value?: unknown };
      if (typeof answer.value !== "string") throw strange();
      return Buffer.from(answer.value, "base64url");
    },
  };
}

/** EC keys on P-256 and RSA keys, in a vault or an HSM. */
function describedKey(key: VaultKey["key"], vault: string): SigningKey {
  const { kid, kty, crv, n, e, x, y } = key ?? {};
  if (kid === undefined || !kid.startsWith(`${vault}/keys/`)) throw strange();
  const told = { development: false, origin: kid };
  if ((kty === "EC" || kty === "EC-HSM") && crv === "P-256" && x !== undefined && y !== undefined) {
    const jwk = { kty: "EC", crv, x, y };
    return { kid: thumbprint(jwk), alg: "ES256", jwk, ...told };
  }
  if ((kty === "RSA" || kty === "RSA-HSM") && n !== undefined && e !== undefined) {
    const jwk = { kty: "RSA", n, e };
    return { kid: thumbprint(jwk), alg: "RS256", jwk, ...told };
  }
  throw new MailkeepError("invalid", `a key of type ${kty} ${crv ?? ""} cannot sign heads; use EC P-256 or RSA`, {
    reason: "SIGNING_KEY_UNSUITABLE",
    field: "SIGNING_KEY_ID",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw strange();
  }
}

const strange = () => new MailkeepError("unavailable", "Key Vault gave an answer that cannot be read");

function refusal(status: number, text: string): MailkeepError {
  const reason = /"code"\s*:\s*"([A-Za-z]{1,60})"/.exec(text)?.[1];
  const message = `Key Vault answered ${status}${reason === undefined ? "" : ` (${reason})`}`;
  const detail = reason === undefined ? {} : { reason };
  if (status === 401) return new MailkeepError("unauthenticated", message, detail);
  if (status === 403)
    return new MailkeepError("forbidden", `${message}; the role Key Vault Crypto User is needed`, detail);
  if (status === 404) return new MailkeepError("not-found", message, detail);
  if (status === 400) return new MailkeepError("invalid", message, detail);
  return new MailkeepError("unavailable", message, detail);
}

/** The scope of tokens for a vault: the host without the vault's own name. */
export function vaultScope(keyUrl: string): string {
  const { hostname } = new URL(keyUrl);
  return `https://${hostname.split(".").slice(1).join(".")}/.default`;
}
