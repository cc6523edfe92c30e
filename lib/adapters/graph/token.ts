// Where bearer tokens come from.
import { MailkeepError } from "../../core/errors.js";
import { type Clock, minute, second } from "../../core/time.js";
import type { TokenFacts } from "../../ports/tenants.js";

export interface TokenSource {
  /**
   * A bearer token; with `fresh`, one that is not from our own cache.
   * Errors: `unauthenticated` (the identity is refused), `unavailable` (the token endpoint cannot be reached).
   */
  get(options?: { fresh?: boolean }): Promise<string>;
}

export const staticToken = (token: string): TokenSource => ({ get: async () => token });

/** The shape of `TokenCredential` in @azure/identity, which this room may not import. */
export interface CredentialLike {
  getToken(scopes: string): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** Tokens live about an hour; asking again this early means that none expires on its way. */
const renewEarlyMs = 5 * minute;

/** When the token endpoint is down, an old token is good until it really expires. */
const lastUseMs = 30 * second;

/** Caches until shortly before expiry; whoever asks while a token is being fetched shares that one request. */
export function credentialToken(credential: CredentialLike, options: { scope: string; clock: Clock }): TokenSource {
  let held: { token: string; expiresAt: number } | undefined;
  let asking: Promise<string> | undefined;
  const leftMs = () => (held === undefined ? 0 : held.expiresAt - options.clock.now().getTime());

  async function ask(): Promise<string> {
    const answer = await credential.getToken(options.scope).catch((error: unknown) => {
      throw tokenError(error);
    });
    if (answer === null)
      throw new MailkeepError("unauthenticated", "the identity gave no token", { reason: "IDENTITY_UNAVAILABLE" });
    held = { token: answer.token, expiresAt: answer.expiresOnTimestamp };
    return answer.token;
  }

  return {
    async get({ fresh = false } = {}) {
      if (!fresh && held !== undefined && leftMs() > renewEarlyMs) return held.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      try {
        return await asking;
      } catch (error) {
        if (!fresh && held !== undefined && leftMs() > lastUseMs) return held.token;
        throw error;
      }
    },
  };
}

/** Refusals of Entra carry a status or have a name of their own; the rest is the network. */
function tokenError(error: unknown): MailkeepError {
  if (error instanceof MailkeepError) return error;
  const { name, status, text } = describeError(error);
  const refused = name === "CredentialUnavailableError" || name === "AuthenticationRequiredError";
  const said = /AADSTS\d+/.exec(text)?.[0];
  const code = refused || said !== undefined || (status >= 400 && status < 429) ? "unauthenticated" : "unavailable";
  const reason = said ?? (code === "unavailable" ? "TOKEN_ENDPOINT_UNREACHABLE" : "IDENTITY_UNAVAILABLE");
  return new MailkeepError(code, `no token: ${said ?? name}`, { cause: error, reason });
}

function describeError(error: unknown): { name: string; status: number; text: string } {
  if (!(error instanceof Error)) return { name: "unknown", status: 0, text: "" };
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 0;
  return { name: error.name, status, text: error.message };
}

/** The `roles` claim of a token, unverified, for a self-check; undefined when the token is not a JWT or names none. */
export function rolesIn(token: string): string[] | undefined {
  const roles = claimsIn(token)?.roles;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : undefined;
}

/**
 * What a token says of itself, unverified. A JWT that names no roles has none: RBAC for Applications does not show in it.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function factsIn(token: string): TokenFacts {
  const claims = claimsIn(token);
  if (claims === undefined) return { roles: undefined };
  const text = (...names: string[]) => names.map((name) => claims[name]).find((value) => typeof value === "string");
  const time = (name: string) => {
    const seconds = claims[name];
    return typeof seconds === "number" && seconds < 1e11 ? new Date(seconds * second).toISOString() : undefined;
  };
  return {
    roles: rolesIn(token) ?? [],
    appId: text("appid", "azp"),
    principalId: text("oid"),
    tenantId: text("tid"),
    issuedAt: time("iat"),
    expiresAt: time("exp"),
  };
}

/** Undefined for an opaque token: it does not say. */
function claimsIn(token: string): Record<string, unknown> | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return claims !== null && typeof claims === "object" ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
