// Pure: what a refusal of a key vault means, with what a command that mends it is about. Its message names the caller and its
// address, which are taken out of it; the rest of it is not kept.
// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
import { MailkeepError } from "../../core/errors.js";

interface VaultAsk {
  origin: string;
  method: "GET" | "POST";
  /** `/secrets/{name}`, `/certificates/{name}`, `/keys/{name}/{version}/sign` */
  path: string;
}

/** What a vault says of what is disabled. */
export const disabled = { error: { code: "Forbidden", innererror: { code: "CertificateDisabled" } } };

/** The role that reads, or signs: https://learn.microsoft.com/azure/key-vault/general/rbac-guide */
const kinds: Record<string, { kind: string; role: string }> = {
  secrets: { kind: "secret", role: "Key Vault Secrets User" },
  certificates: { kind: "certificate", role: "Key Vault Certificate User" },
  keys: { kind: "key", role: "Key Vault Crypto User" },
};

export function vaultRefusal({ origin, method, path }: VaultAsk, status: number, json: object): MailkeepError {
  const { code, inner, message } = saidIn(json);
  const [, collection = "", name = ""] = path.split("/");
  const { hostname } = new URL(origin);
  const { kind = "secret", role = "Key Vault Secrets User" } = kinds[collection] ?? {};
  // A vault on this machine has no name there.
  const [, vault] = /^([a-z0-9-]+)\.vault\./.exec(hostname) ?? [];
  const known = { name, kind, role, ...(vault !== undefined && { vault }) };
  const reason = reasonOf(status, `${code} ${inner} ${message}`);
  const said = inner || code;
  const answered = `the key vault ${hostname} answered ${status}${said && ` (${said})`} to ${method} ${path}`;
  // A wall in the network is not the credential's fault.
  return new MailkeepError(reason === "KEY_VAULT_FIREWALL" ? "unavailable" : "unauthenticated", answered, {
    ...{ reason, status },
    asked: { request: `${method} ${origin}${path}`, ...(said && { code: said }) },
    places: { ...known, ...callerIn(message) },
  });
}

function reasonOf(status: number, said: string): string {
  if (status === 404) return "KEY_VAULT_NOT_FOUND";
  if (status === 401) return "KEY_VAULT_TOKEN_REFUSED";
  if (
    /ForbiddenBy(Firewall|Connection)|client address is not authorized|public network access|private link/i.test(said)
  )
    return "KEY_VAULT_FIREWALL";
  if (/disabled/i.test(said)) return "KEY_VAULT_DISABLED";
  if (/expired|not yet valid/i.test(said)) return "KEY_VAULT_EXPIRED";
  return "KEY_VAULT_REFUSED";
}

function callerIn(message: string): Record<string, string> {
  const principalId = /\boid=([0-9a-f-]{36})/i.exec(message)?.[1];
  const address = /client address: ([0-9a-f.:]{3,45})/i.exec(message)?.[1];
  return { ...(principalId && { principalId }), ...(address && { address }) };
}

/** The inner code is spelled in two ways. */
function saidIn(json: object): { code: string; inner: string; message: string } {
  const error = objectIn(json, "error");
  const inner = textIn({ ...objectIn(error, "innererror"), ...objectIn(error, "innerError") }, "code");
  return { code: textIn(error, "code"), inner, message: textIn(error, "message") };
}

function objectIn(from: object, name: string): object {
  const value: unknown = (from as Record<string, unknown>)[name];
  return value !== null && typeof value === "object" ? value : {};
}

function textIn(from: object, name: string): string {
  const value: unknown = (from as Record<string, unknown>)[name];
  return typeof value === "string" ? value.slice(0, 2_000) : "";
}
