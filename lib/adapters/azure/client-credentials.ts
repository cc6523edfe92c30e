// Tokens for an app of any tenant, by a proof of its own: a secret, a signed assertion, or another identity's token.
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
import { createHash } from "node:crypto";
import { MailkeepError } from "../../core/errors.js";
import type { Random } from "../../core/ids.js";
import { type Clock, minute, second } from "../../core/time.js";
import type { KeyVault } from "./key-vault.js";
import { askJson, type Fetch } from "./web.js";

export interface App {
  loginBaseUrl: string;
  tenantId: string;
  clientId: string;
}

/** What goes into the form beside the client id. */
export type Proof = { secret: string } | { assertion: string };

export interface AccessToken {
  token: string;
  expiresOnTimestamp: number;
}

const tokenUrl = ({ loginBaseUrl, tenantId }: App): string =>
  `${loginBaseUrl}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;

/** @throws MailkeepError `unauthenticated` with Entra's code (AADSTS…) as reason, `unavailable` */
export async function clientCredentialsToken(
  app: App,
  proof: Proof,
  { scope, clock, fetch }: { scope: string; clock: Clock; fetch?: Fetch | undefined },
): Promise<AccessToken> {
  const asked = clock.now().getTime();
  const form = new URLSearchParams({
    client_id: app.clientId,
    grant_type: "client_credentials",
    scope,
    ...fields(proof),
  });
  const { status, json } = await askJson({
    url: tokenUrl(app),
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
    whom: "the token endpoint",
    silence: "LOGIN_UNAVAILABLE",
    fetch,
  });
  const { access_token: token, expires_in: seconds } = json;
  if (status === 200 && typeof token === "string" && token !== "")
    return { token, expiresOnTimestamp: asked + (typeof seconds === "number" ? seconds : 300) * second };
  throw refusal(status, json, app);
}

const fields = (proof: Proof): Record<string, string> =>
  "secret" in proof
    ? { client_secret: proof.secret }
    : {
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: proof.assertion,
      };

/** Only Entra's code is kept: its description names people, apps and addresses. */
function refusal(
  status: number,
  { error, error_description: description, error_codes: codes }: Record<string, unknown>,
  app: App,
): MailkeepError {
  const [code] = Array.isArray(codes) ? (codes as unknown[]) : [];
  const named = typeof code === "number" ? `AADSTS${code}` : /AADSTS\d+/.exec(String(description ?? ""))?.[0];
  const reason = named ?? (typeof error === "string" && /^[a-z_]{1,60}$/.test(error) ? error : `HTTP_${status}`);
  return new MailkeepError("unauthenticated", `the token endpoint refuses the app: ${reason}`, {
    ...{ reason, status, asked: { request: `POST ${tokenUrl(app)}`, code: reason } },
    places: { appId: app.clientId, tenantId: app.tenantId },
  });
}

const assertionLivesMs = 10 * minute;

/** A JWT that the vault signs: https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
export async function certificateAssertion(
  app: App,
  { vault, certificateName, clock, random }: { vault: KeyVault; certificateName: string; clock: Clock; random: Random },
): Promise<string> {
  const { der, keyUrl } = await vault.certificate(certificateName);
  const now = Math.floor(clock.now().getTime() / second);
  const thumbprint = createHash("sha256").update(der).digest("base64url");
  const head = part({ alg: "PS256", typ: "JWT", "x5t#S256": thumbprint });
  const who = { iss: app.clientId, sub: app.clientId, aud: tokenUrl(app), jti: random.hex(32) };
  const claims = part({ ...who, iat: now, nbf: now, exp: now + assertionLivesMs / second });
  const digest = createHash("sha256").update(`${head}.${claims}`).digest();
  return `${head}.${claims}.${(await vault.sign(keyUrl, digest)).toString("base64url")}`;
}

const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString("base64url");
