// The tenant's sign-in and key vault, as far as an app needs them: a token endpoint that knows one app, and a vault with
// that app's secret and certificate (facts/graph.md A.1; https://learn.microsoft.com/rest/api/keyvault).
import { constants, createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, json } from "./answer.js";
import { readBytes } from "./body.js";
import { signDigest } from "./pss.js";
import { type VaultRefusal, vaultRefusals } from "./vault-refusals.js";

export interface EntraOptions {
  tenantId: string;
  origin: () => string;
  /** What the token endpoint gives, by the app that asks. */
  tokens: Record<string, string>;
  now: () => Date;
}

/** The app that may read, and the one that may write, too. */
export const readerApp = "a1111111-0000-4000-8000-00000000000a";
export const writerApp = "a2222222-0000-4000-8000-00000000000b";

/** What tests and people may turn. */
export interface EntraState {
  /** The vault's secret `app-secret`, which the token endpoint accepts while `acceptedSecret` is the same. */
  secret: string;
  acceptedSecret: string;
  /** When the secret and the certificate `app-certificate` expire. */
  expiresAt: Date | undefined;
  /** The vault's secret `proxy-login`: what a proxy on the way to the tenant wants to hear. */
  proxyLogin: string;
  /** The vault refuses everybody, without saying more. */
  vaultClosed: boolean;
  /** The vault refuses everything, as Azure words it. */
  vaultSays: VaultRefusal | undefined;
  /** The app registration knows the certificate. */
  certificateKnown: boolean;
  /** How many tokens were given. */
  tokensGiven: number;
}

const bodyLimit = 64 * 1024;
const hour = 3_599;

export class SampleEntra {
  readonly state: EntraState = {
    secret: "sample-app-secret",
    acceptedSecret: "sample-app-secret",
    expiresAt: undefined,
    proxyLogin: "mailkeep:sesame",
    vaultClosed: false,
    vaultSays: undefined,
    certificateKnown: true,
    tokensGiven: 0,
  };
  #key: { privateKey: KeyObject; der: Buffer } | undefined;

  constructor(private readonly options: EntraOptions) {}

  static knows({ url = "/" }: IncomingMessage): boolean {
    return /^\/[^/]+\/oauth2\/v2\.0\/token$|^\/(secrets|certificates|keys)\/[^/]+/.test(url.split("?", 1)[0] ?? "");
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { pathname } = new URL(request.url ?? "/", "http://tenant");
    const login = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(pathname);
    if (login) return this.#token(login[1] ?? "", await readBytes(request, bodyLimit));
    const [, kind, name] = /^\/(secrets|certificates|keys)\/([^/]+)/.exec(pathname) ?? [];
    if (kind === undefined || name === undefined) return refusal(404, "NotFound");
    if (this.state.vaultClosed || !/^Bearer ./.test(request.headers.authorization ?? ""))
      return refusal(403, "Forbidden");
    const { vaultSays } = this.state;
    if (vaultSays !== undefined) return json(vaultRefusals[vaultSays].body, vaultRefusals[vaultSays].status);
    if (kind === "keys" && pathname.endsWith("/sign")) return this.#sign(await readBytes(request, bodyLimit));
    if (kind === "secrets" && name === "app-secret")
      return json({
        value: this.state.secret,
        id: `${this.options.origin()}/secrets/${name}/1`,
        attributes: this.#attributes(),
      });
    if (kind === "secrets" && name === "proxy-login")
      return json({ value: this.state.proxyLogin, id: `${this.options.origin()}/secrets/${name}/1`, attributes: {} });
    if (kind === "certificates" && name === "app-certificate") {
      const kid = `${this.options.origin()}/keys/${name}/1`;
      return json({ kid, cer: this.#pair().der.toString("base64"), attributes: this.#attributes() });
    }
    return refusal(404, "SecretNotFound");
  }

  #attributes() {
    const { expiresAt } = this.state;
    return { enabled: true, ...(expiresAt && { exp: Math.floor(expiresAt.getTime() / 1_000) }) };
  }

  /** Made when first asked for. The bare public key stands for the certificate: only its bytes are compared. */
  #pair() {
    if (this.#key !== undefined) return this.#key;
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#key = { privateKey, der: publicKey.export({ type: "spki", format: "der" }) };
    return this.#key;
  }

  #sign(body: Buffer): Answer {
    const { alg, value } = JSON.parse(body.toString("utf8")) as { alg: string; value: string };
    if (alg !== "PS256") return refusal(400, "BadParameter");
    const signature = signDigest(Buffer.from(value, "base64url"), this.#pair().privateKey);
    return json({ kid: `${this.options.origin()}/keys/app-certificate/1`, value: signature.toString("base64url") });
  }

  #token(tenant: string, body: Buffer): Answer {
    const form = new URLSearchParams(body.toString("utf8"));
    const token = this.options.tokens[form.get("client_id") ?? ""];
    if (tenant.toLowerCase() !== this.options.tenantId.toLowerCase()) return aadsts(90002, "invalid_request");
    if (form.get("grant_type") !== "client_credentials") return aadsts(900144, "invalid_request");
    if (token === undefined) return aadsts(700016, "unauthorized_client");
    if (!/^https:\/\/[a-z0-9.-]+\/\.default$/.test(form.get("scope") ?? "")) return aadsts(1002012, "invalid_scope");
    const wrong = form.has("client_secret") ? this.#secretFault(form) : this.#assertionFault(form, tenant);
    if (wrong !== undefined) return aadsts(wrong, "invalid_client", 401);
    this.state.tokensGiven++;
    return json({ token_type: "Bearer", expires_in: hour, ext_expires_in: hour, access_token: token });
  }

  #secretFault(form: URLSearchParams): number | undefined {
    const { acceptedSecret, expiresAt } = this.state;
    if (form.get("client_secret") !== acceptedSecret) return 7000215;
    return expiresAt !== undefined && expiresAt <= this.options.now() ? 7000222 : undefined;
  }

  #assertionFault(form: URLSearchParams, tenant: string): number | undefined {
    const [head = "", claims = "", signature = ""] = (form.get("client_assertion") ?? "").split(".");
    const { alg, "x5t#S256": thumbprint } = decoded(head);
    const { der } = this.#pair();
    const known = this.state.certificateKnown && thumbprint === createHash("sha256").update(der).digest("base64url");
    const key = {
      key: createPublicKey({ key: der, format: "der", type: "spki" }),
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    };
    if (
      alg !== "PS256" ||
      !known ||
      !verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))
    )
      return 700027;
    const { aud, iss, exp } = decoded(claims);
    const audience = `${this.options.origin()}/${tenant}/oauth2/v2.0/token`;
    if (aud !== audience || iss !== form.get("client_id")) return 700023;
    return Number(exp) * 1_000 <= this.options.now().getTime() ? 700024 : undefined;
  }
}

const decoded = (part: string): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** As Entra says it: error, a description with the code, and the code as a number. */
function aadsts(code: number, error: string, status = 400): Answer {
  const description = `AADSTS${code}: a description that names app-1 and people.`;
  return json({ error, error_description: description, error_codes: [code] }, status);
}

const refusal = (status: number, code: string): Answer =>
  json({ error: { code, message: "as the vault says it" } }, status);
