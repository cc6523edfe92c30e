// Access tokens as Entra would sign them, and as others would forge them, for one tenant with one published key.
import {
  type CryptoKey,
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { testStart } from "../../build/a-world.js";

export const tenantId = "6f1a1111-2222-4333-8444-555566667777";
export const audience = "api://mailkeep";
export const authority = "https://login.microsoftonline.com";
export const auth = { mode: "entra", authority, tenantId, audience } as const;

export interface Told {
  payload?: JWTPayload;
  key?: CryptoKey | Uint8Array;
  alg?: string;
  /** Relative to now. */
  expiresMs?: number | undefined;
}

/** Tokens of a time, the key they are checked with, and everything a caller might send instead. */
export async function tokenKit(now: Date) {
  const hour = 3_600_000;
  const at = (ms: number) => new Date(now.getTime() + ms);
  const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;

  const published = await generateKeyPair("RS256", { extractable: true });
  const strange = await generateKeyPair("RS256");
  const kid = "key-1";

  /** As Entra publishes them: without saying which algorithm they are for. */
  const keySet = { keys: [{ ...(await exportJWK(published.publicKey)), kid, use: "sig" }] };
  const keys = createLocalJWKSet(keySet);
  const sameKeyForPss = (await importJWK(await exportJWK(published.privateKey), "PS256")) as CryptoKey;

  /** A good token, but for what is told. */
  async function aToken({ payload, key = published.privateKey, alg = "RS256", ...told }: Told = {}): Promise<string> {
    const claims = { iss: issuerOf(tenantId), aud: audience, tid: tenantId, oid: "person-1", roles: ["Archive.Admin"] };
    const token = new SignJWT({ ...claims, ...payload })
      .setProtectedHeader({ alg, kid, typ: "JWT" })
      .setIssuedAt(at(0));
    const expiresMs = "expiresMs" in told ? told.expiresMs : hour;
    return (expiresMs === undefined ? token : token.setExpirationTime(at(expiresMs))).sign(key);
  }

  const tokenFor = (...roles: string[]): Promise<string> => aToken({ payload: { roles } });

  const seconds = (ms: number) => Math.floor(at(ms).getTime() / 1_000);
  const other = "00000000-2222-4333-8444-555566667777";

  /** Everything that must not open the door: the whole Authorization header, undefined for none. */
  const refusedHeaders: Record<string, string | undefined> = {
    "no token": undefined,
    "another scheme": "Basic YWRtaW46YWRtaW4=",
    "an empty token": "Bearer ",
    "no token at all": "Bearer not.a.token",
    "too many parts": `Bearer ${await aToken()}.x.y`,
    "the wrong audience": `Bearer ${await aToken({ payload: { aud: "https://graph.microsoft.com" } })}`,
    "no audience": `Bearer ${await aToken({ payload: { aud: undefined } as unknown as JWTPayload })}`,
    "another tenant": `Bearer ${await aToken({ payload: { iss: issuerOf(other), tid: other } })}`,
    "another tenant's issuer": `Bearer ${await aToken({ payload: { iss: issuerOf(other) } })}`,
    "another cloud's issuer": `Bearer ${await aToken({ payload: { iss: `https://login.microsoftonline.us/${tenantId}/v2.0` } })}`,
    "an issuer of nobody": `Bearer ${await aToken({ payload: { iss: "https://evil.example/v2.0" } })}`,
    "another tenant's tid": `Bearer ${await aToken({ payload: { tid: other } })}`,
    "no tid": `Bearer ${await aToken({ payload: { tid: undefined } })}`,
    expired: `Bearer ${await aToken({ expiresMs: -61_000 })}`,
    "no end": `Bearer ${await aToken({ expiresMs: undefined })}`,
    "not yet valid": `Bearer ${await aToken({ payload: { nbf: seconds(hour / 2) } })}`,
    "a stranger's signature": `Bearer ${await aToken({ key: strange.privateKey })}`,
    "a cut signature": `Bearer ${(await aToken()).slice(0, -8)}`,
    "another algorithm (PS256)": `Bearer ${await aToken({ alg: "PS256", key: sameKeyForPss })}`,
    "no signature (alg none)": `Bearer ${new UnsecuredJWT({ iss: issuerOf(tenantId), aud: audience, tid: tenantId, roles: ["Archive.Admin"] }).setExpirationTime(at(hour)).encode()}`,
    "the public key as a secret (HS256)": `Bearer ${await aToken({ alg: "HS256", key: new TextEncoder().encode(await exportSPKI(published.publicKey)) })}`,
  };

  const accepted = {
    "version 2.0": await aToken(),
    "version 1.0": await aToken({ payload: { iss: `https://sts.windows.net/${tenantId}/` } }),
    "the audience without api://": await aToken({ payload: { aud: "mailkeep" } }),
    "a clock a little ahead": await aToken({ payload: { nbf: seconds(50_000) } }),
    "a clock a little behind": await aToken({ expiresMs: -50_000 }),
  };
  return { keys, keySet, aToken, tokenFor, refusedHeaders, accepted };
}

export const { keys, aToken, tokenFor, refusedHeaders, accepted } = await tokenKit(testStart);
