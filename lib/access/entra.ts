// Access tokens of Microsoft Entra ID: signature, issuer, audience, times, tenant and roles.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { issuersOf } from "../core/clouds.js";
import { MailkeepError } from "../core/errors.js";
import type { Clock } from "../core/time.js";
import type { Caller, SignIn } from "./caller.js";
import { type Role, roles } from "./roles.js";

/** Finds the key a token says it was signed with. */
export type SigningKeys = JWTVerifyGetKey;

/** Clocks differ a little; Microsoft's own libraries allow five minutes, we one. */
const skewSeconds = 60;

/** https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens */
export function entraSignIn(
  { authority, tenantId, audience }: { authority: string; tenantId: string; audience: string },
  clock: Clock,
  keys: SigningKeys = publishedKeys(authority, tenantId),
): SignIn {
  const bare = audience.replace(/^api:\/\//, "");
  const expected = {
    issuer: issuersOf(authority, tenantId),
    audience: [bare, `api://${bare}`],
    algorithms: ["RS256"],
    requiredClaims: ["exp", "tid"],
    clockTolerance: skewSeconds,
  };
  return async ({ headers }) => {
    const token = bearerToken(headers.get("authorization"));
    try {
      const { payload } = await jwtVerify(token, keys, { ...expected, currentDate: clock.now() });
      return callerOf(payload, tenantId);
    } catch (error) {
      throw refusal(error);
    }
  };
}

function publishedKeys(authority: string, tenantId: string): SigningKeys {
  const tenant = encodeURIComponent(tenantId);
  return createRemoteJWKSet(new URL(`${authority}/${tenant}/discovery/v2.0/keys`));
}

function bearerToken(authorization: string | null): string {
  const match = /^Bearer +([A-Za-z0-9_\-.]{1,20000})$/i.exec(authorization ?? "");
  if (match?.[1] !== undefined) return match[1];
  throw new MailkeepError("unauthenticated", "send an access token: Authorization: Bearer …", {
    reason: "TOKEN_MISSING",
  });
}

function callerOf({ tid, oid, sub, roles: claimed }: JWTPayload, tenantId: string): Caller {
  if (tid !== tenantId) throw refused("the token is for another tenant");
  const held = Array.isArray(claimed) ? roles.filter((role: Role) => claimed.includes(role)) : [];
  return { subject: typeof oid === "string" ? oid : (sub ?? "unknown"), roles: held };
}

const refused = (why: string) => new MailkeepError("unauthenticated", why, { reason: "TOKEN_REFUSED" });

/** What is wrong with the token, without anything of what it holds; a fault of the key server is not the caller's. */
function refusal(error: unknown): unknown {
  if (error instanceof MailkeepError) return error;
  if (error instanceof errors.JWTExpired) return refused("the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`the token is not for this API: its claim ${error.claim} is not acceptable`);
  if (error instanceof errors.JOSEError && tokenFaults.has(error.code)) return refused("the token is not valid");
  return new MailkeepError("unavailable", "the signing keys of the tenant cannot be had just now", {
    cause: error,
    reason: "SIGNING_KEYS_UNAVAILABLE",
  });
}

const tokenFaults = new Set([
  "ERR_JWS_INVALID",
  "ERR_JWT_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
]);
