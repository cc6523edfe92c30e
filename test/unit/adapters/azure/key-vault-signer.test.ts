// The signer against a stand-in for Key Vault, over real HTTP, by the vault's own rules.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { keyVaultSigner, vaultScope } from "../../../../lib/adapters/azure/key-vault-signer.js";
import { thumbprint } from "../../../../lib/core/jwk.js";
import { isSignature } from "../../../../lib/heads/signature.js";

let server: Server | undefined;
afterEach(() => server?.close());

interface Vault {
  url: string;
  calls: string[];
  answer: { status: number; body: string } | undefined;
}

/** `GET /keys/heads` and `POST /keys/heads/v7/sign` of https://learn.microsoft.com/rest/api/keyvault/keys. */
async function aVault(key: KeyObject, kty: string): Promise<Vault> {
  const vault: Vault = { url: "", calls: [], answer: undefined };
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    vault.calls.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (vault.answer !== undefined) return say(vault.answer.status, vault.answer.body);
    const kid = `${vault.url}/keys/heads/v7`;
    if (request.method === "GET") return say(200, { key: { kid, ...jwkOf(key), kty } });
    const { alg, value } = JSON.parse(Buffer.concat(chunks).toString());
    // Key Vault signs a digest: what it is given must be 32 bytes.
    if (Buffer.from(value, "base64url").length !== 32 || request.url !== "/keys/heads/v7/sign?api-version=7.4")
      return say(400, { error: { code: "BadParameter" } });
    expect(alg).toBe(kty.startsWith("RSA") ? "RS256" : "ES256");
    return say(200, { kid, value: signed.toString("base64url") });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  vault.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return vault;
}

const message = Buffer.from("a head");
let signed: Buffer;
const jwkOf = (key: KeyObject) => {
  const { d, p, q, dp, dq, qi, ...jwk } = key.export({ format: "jwk" });
  return jwk;
};

const open = (vault: Vault) => keyVaultSigner({ keyUrl: `${vault.url}/keys/heads`, token: async () => "t" });

describe("a key in Key Vault", () => {
  it.each([
    ["EC-HSM", "ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey],
    ["RSA", "RS256", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
  ])("of type %s signs as %s", async (kty, alg, key) => {
    const vault = await aVault(key, kty);
    signed = sign("sha256", message, { key, dsaEncoding: "ieee-p1363" });
    const signer = open(vault);
    const told = await signer.publicKey();
    expect(told).toMatchObject({ alg, development: false, origin: `${vault.url}/keys/heads/v7` });
    expect(told.kid).toBe(thumbprint(told.jwk));
    expect(isSignature(told.jwk, message, await signer.sign(message, told))).toBe(true);
    expect(isSignature(told.jwk, Buffer.from("another"), await signer.sign(message, told))).toBe(false);
    expect(vault.calls[0]).toBe("GET /keys/heads?api-version=7.4 Bearer t");
  });

  it("that does not fit is refused", async () => {
    const vault = await aVault(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, "EC");
    await expect(open(vault).publicKey()).rejects.toMatchObject({ reason: "SIGNING_KEY_UNSUITABLE" });
  });

  it.each([
    [403, "forbidden", '{"error":{"code":"Forbidden"}}'],
    [401, "unauthenticated", "{}"],
    [404, "not-found", '{"error":{"code":"KeyNotFound"}}'],
    [429, "unavailable", "slow down"],
    [500, "unavailable", ""],
    [200, "unavailable", "<html>"],
    [200, "unavailable", '{"key":{"kid":"https://elsewhere.example/keys/x/1","kty":"RSA","n":"AQ","e":"AQ"}}'],
  ])("status %i means %s", async (status, code, body) => {
    const vault = await aVault(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, "EC");
    vault.answer = { status, body };
    await expect(open(vault).publicKey()).rejects.toMatchObject({ code });
  });

  it("asks for tokens of its own cloud", () => {
    expect(vaultScope("https://kv.vault.azure.net/keys/x")).toBe("https://vault.azure.net/.default");
    expect(vaultScope("https://kv.vault.usgovcloudapi.net/keys/x")).toBe("https://vault.usgovcloudapi.net/.default");
  });
});
