// What a key vault can have against us: each refusal by its name, with who must act, the command for it and what was answered;
// in the test of the connection and in the test of a profile.
import { describe, expect, it, onTestFinished } from "vitest";
import { vaultRefusal } from "../../lib/adapters/azure/vault-refusal.js";
import { askJson } from "../../lib/adapters/azure/web.js";
import { readerApp } from "../../lib/local/tenant/entra.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import type { VaultRefusal } from "../../lib/local/tenant/vault-refusals.js";
import { aWorld } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

const caller = "b1111111-0000-4000-8000-0000000000ff";

async function aPlace(identity: (tenant: Tenant) => object = secret) {
  const world = await aWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  const other = await startTenant({
    mailboxes: 1,
    messagesPerMailbox: 2,
    hugeMessageBytes: 0,
    seed: "vault",
    now: world.clock.now,
  });
  onTestFinished(() => other.close());
  const ask = anApi(world.app);
  const body = { tenantId: other.tenantId, graphBaseUrl: other.baseUrl, identity: identity(other) };
  await ask("PUT", "/connections/Fabrikam", { body, headers: { "if-none-match": "*" } });
  const test = async () => (await ask("POST", "/connections/Fabrikam/test")).json;
  return { ask, other, test };
}

const secret = ({ baseUrl }: Tenant) => ({
  kind: "secret",
  clientId: readerApp,
  keyVaultUrl: baseUrl,
  secretName: "app-secret",
});
const certificate = ({ baseUrl }: Tenant) => ({
  kind: "certificate",
  clientId: readerApp,
  keyVaultUrl: baseUrl,
  certificateName: "app-certificate",
});

describe("a key vault that refuses", { timeout: 60_000 }, () => {
  it.each<[VaultRefusal, string, string, RegExp, RegExp]>([
    ["no role", "KEY_VAULT_REFUSED", "ForbiddenByRbac", /key vault/, new RegExp(`${caller}.*"Key Vault Secrets User"`)],
    ["no policy", "KEY_VAULT_REFUSED", "AccessDenied", /key vault/, new RegExp(caller)],
    [
      "firewall",
      "KEY_VAULT_FIREWALL",
      "ForbiddenByFirewall",
      /network/,
      /network-rule add .*--ip-address 203\.0\.113\.7/,
    ],
    ["private", "KEY_VAULT_FIREWALL", "ForbiddenByConnection", /network/, /publicNetworkAccess/],
    [
      "disabled",
      "KEY_VAULT_DISABLED",
      "SecretDisabled",
      /Admin/,
      /keyvault secret set-attributes .*--name app-secret --enabled/,
    ],
    ["expired", "KEY_VAULT_EXPIRED", "KeyExpired", /Admin/, /list-versions/],
    ["other tenant", "KEY_VAULT_TOKEN_REFUSED", "Unauthorized", /Admin/, /properties\.tenantId/],
  ])("for %s is named in both tests", async (...[says, code, said, who, command]) => {
    const { ask, other, test } = await aPlace();
    expect(await test()).toMatchObject({ bound: true });
    other.entra.vaultSays = says;
    const failed = (await test()).probes.at(-1);
    expect(failed).toMatchObject({ name: "credential", ok: false, code });
    expect(failed.evidence).toMatch(
      new RegExp(`^GET ${other.baseUrl}/secrets/app-secret was answered 40[13] \\(${said}\\)$`),
    );
    expect(failed.who).toMatch(who);
    expect(failed.command).toMatch(command);
    expect(failed.link).toMatch(/^https:\/\/learn\.microsoft\.com\/azure\/key-vault/);
    expect(JSON.stringify(failed)).not.toContain("sts.windows.net");

    // Also where nothing but a run would ask for a token.
    await ask("POST", "/connections/Fabrikam/refresh");
    const profile = { name: "x", connection: "Fabrikam", mailboxes: { mode: "all" } };
    const tested = await ask("POST", "/profiles/test", { body: profile });
    const [token] = tested.json.probes;
    expect(token).toMatchObject({ name: "token", status: "failed", code, evidence: { code: said } });
    expect(token.evidence.request).toBe(`GET ${other.baseUrl}/secrets/app-secret`);
    expect(token.command).toMatch(command);
  });

  it("a certificate that is disabled there is named before its key refuses to sign", () => {
    const ask = { origin: "https://contoso.vault.azure.net", method: "GET" as const, path: "/certificates/mail" };
    const refusal = vaultRefusal(ask, 200, {
      error: { code: "Forbidden", innererror: { code: "CertificateDisabled" } },
    });
    expect(refusal).toMatchObject({
      reason: "KEY_VAULT_DISABLED",
      places: { vault: "contoso", kind: "certificate", name: "mail" },
    });
  });

  it("says which of a certificate's two calls it refused, with the role for it", async () => {
    const { other, test } = await aPlace(certificate);
    expect(await test()).toMatchObject({ bound: true });
    other.entra.vaultSays = "no role";
    expect((await test()).probes.at(-1).command).toContain('"Key Vault Certificate User"');
    const ask = { origin: "https://contoso.vault.azure.net", method: "POST" as const, path: "/keys/mail/1/sign" };
    expect(vaultRefusal(ask, 403, { error: { code: "Forbidden" } }).places).toMatchObject({
      role: "Key Vault Crypto User",
    });
  });

  it("has no such name", async () => {
    const { test } = await aPlace((tenant) => ({ ...secret(tenant), secretName: "none" }));
    const failed = (await test()).probes.at(-1);
    expect(failed).toMatchObject({
      code: "KEY_VAULT_NOT_FOUND",
      evidence: expect.stringContaining("404 (SecretNotFound)"),
    });
    expect(failed.command).toContain("--name none");
  });
});

it.each([
  ["ENOTFOUND", "KEY_VAULT_UNKNOWN"],
  ["ECONNREFUSED", "KEY_VAULT_UNAVAILABLE"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "TLS_NOT_TRUSTED"],
])("a vault whose host gives %s is %s", async (code, reason) => {
  const fetch = () => Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }));
  const asked = askJson({
    ...{ url: "https://contoso.vault.azure.net/secrets/a?api-version=7.4", whom: "the key vault", fetch },
    ...{ silence: "KEY_VAULT_UNAVAILABLE", nowhere: "KEY_VAULT_UNKNOWN" },
  });
  await expect(asked).rejects.toMatchObject({
    reason,
    asked: { request: "GET https://contoso.vault.azure.net/secrets/a" },
  });
});

it("a refusal of the token endpoint says whom it was asked for", async () => {
  const { other, test } = await aPlace();
  other.entra.acceptedSecret = "another";
  const failed = (await test()).probes.at(-1);
  expect(failed.evidence).toMatch(/^POST .*\/oauth2\/v2\.0\/token was answered 401 \(AADSTS7000215\)$/);
  expect(failed.who).toMatch(/.+/);
});
