// A tenant that is reached through a proxy: everything of it goes that way, nothing of it can be read there, and what is wrong
// with the way is named.
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ConnectionInput } from "../../lib/connections/connection.js";
import { settle } from "../../lib/connections/settle.js";
import { ConnectionId, type MailboxId } from "../../lib/core/ids.js";
import { readerApp } from "../../lib/local/tenant/entra.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { openingTenants } from "../../lib/open-tenant.js";
import { aProxy, type TestProxy } from "../build/a-proxy.js";
import { aTlsFront } from "../build/a-tls-front.js";
import { aWorld, type World } from "../build/a-world.js";
import { readBack } from "../build/read-back.js";
import { anApi } from "../unit/http/an-api.js";

const name = ConnectionId.parse("Fabrikam");
const fixed = { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" };
const vaultSecret = (tenant: Tenant) => ({
  kind: "secret",
  clientId: readerApp,
  keyVaultUrl: tenant.baseUrl,
  secretName: "app-secret",
});

async function aPlace() {
  const other = await startTenant({ mailboxes: 2, messagesPerMailbox: 4, hugeMessageBytes: 0, seed: "beyond" });
  onTestFinished(() => other.close());
  const world = await aWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  const proxy = await aProxy();
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return { other, world, proxy };
}

/** Makes the connection, tests it, and gives the probes. */
async function connected(world: World, body: object) {
  const ask = anApi(world.app);
  const made = await ask("PUT", `/connections/${name}`, { body, headers: { "if-none-match": "*" } });
  expect(made.status, JSON.stringify(made.json)).toBe(201);
  return (await ask("POST", `/connections/${name}/test`)).json;
}

const reach = (tenant: Tenant, proxy: TestProxy, change: object = {}) => ({
  tenantId: tenant.tenantId,
  graphBaseUrl: tenant.baseUrl,
  identity: vaultSecret(tenant),
  proxy: { url: proxy.url },
  ...change,
});

describe("a tenant beyond a proxy", { timeout: 60_000 }, () => {
  it("is archived through tunnels, token and mail alike, and its vault is asked directly", async () => {
    const { other, world, proxy } = await aPlace();
    await using front = await aTlsFront(other.baseUrl);
    const beyond = reach(other, proxy, { graphBaseUrl: front.url });
    expect(await connected(world, beyond)).toMatchObject({ bound: true, ok: true });
    const run = await world.run(await world.profile({ connection: name }));
    expect(run).toMatchObject({ status: "succeeded", tally: { quarantined: 0 } });
    for (const { id } of other.mailboxes.list()) {
      const { stored } = await readBack(world.edges.blobs, id as MailboxId);
      expect(stored.length).toBeGreaterThan(0);
    }
    expect(new Set(proxy.asked.map(({ host }) => host))).toEqual(new Set([`localhost:${front.port}`]));
    expect(proxy.shown).toEqual([]);
    // Encrypted to the host: neither a token nor a path can be read on the way.
    expect(proxy.carried().length).toBeGreaterThan(1_000);
    expect(proxy.carried()).not.toMatch(/bearer|v1\.0|oauth2|client_secret/i);
  });

  it("asks each host through it: Graph, Exchange and the token endpoint", async () => {
    const { other, world, proxy } = await aPlace();
    const small = { mailboxes: 1, messagesPerMailbox: 1, hugeMessageBytes: 0 };
    const [exchange, login] = [await startTenant({ ...small }), await startTenant({ ...small })];
    onTestFinished(() => exchange.close());
    onTestFinished(() => login.close());
    const hosts = { exchangeBaseUrl: exchange.baseUrl, loginBaseUrl: login.baseUrl };
    const rules = { inAzure: false, allowSecrets: false, homeTenantId: undefined, staticTokens: [] };
    const settled = settle(ConnectionInput.parse(reach(other, proxy, hosts)), rules);
    const { clock, random, log } = world.edges;
    const tenant = await openingTenants({ clock, random, log, staticTokens: {}, homeClientId: undefined })(settled);
    const hostOf = (url: string) => new URL(url).host;
    await tenant.tokenFacts();
    expect(proxy.asked.map(({ host }) => host)).toEqual([hostOf(login.baseUrl)]);
    await tenant.close();

    const fixedToken = { GRAPH_STATIC_TOKEN: other.token };
    const opening = openingTenants({ clock, random, log, staticTokens: fixedToken, homeClientId: undefined });
    const opened = await opening({ ...settled, identity: { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" } });
    await opened.ping();
    await opened.exchange.dynamicGroupMembers("nobody@contoso.com").catch(() => undefined);
    const asked = new Set(proxy.asked.map(({ host }) => host));
    expect(asked).toEqual(new Set([login, other, exchange].map(({ baseUrl }) => hostOf(baseUrl))));
    await opened.close();
  });

  it("gives the proxy the user and password of the vault, and reads them anew when they were changed", async () => {
    const { other, world, proxy } = await aPlace();
    proxy.login = "mailkeep:sesame";
    const credentials = { keyVaultUrl: other.baseUrl, secretName: "proxy-login" };
    const beyond = reach(other, proxy, { proxy: { url: proxy.url, credentials } });
    expect(await connected(world, beyond)).toMatchObject({ ok: true });
    const profile = await world.profile({ connection: name });
    expect((await world.run(profile)).status).toBe("succeeded");
    proxy.login = "mailkeep:changed";
    other.entra.proxyLogin = "mailkeep:changed";
    await world.app.connections.refresh(name);
    expect((await world.run(profile)).status).toBe("noChanges");
    expect(JSON.stringify((await world.app.connections.get(name)).view)).not.toContain("sesame");
  });
});

describe("a way that is barred", { timeout: 60_000 }, () => {
  it.each([
    ["wants a password", { login: "a:b" }, "PROXY_AUTHENTICATION_REQUIRED"],
    ["refuses the host", { refuses: 403 }, "PROXY_REFUSED"],
    ["cannot reach the host", { refuses: 502 }, "PROXY_TARGET_UNREACHABLE"],
  ])("by a proxy that %s is named by the connection's test and the profile's", async (_, state, code) => {
    const { other, world, proxy } = await aPlace();
    Object.assign(proxy, state);
    const tested = await connected(world, reach(other, proxy, { identity: fixed }));
    expect(tested).toMatchObject({ bound: false, ok: false });
    const failed = tested.probes.at(-1);
    expect(failed).toMatchObject({
      name: "proxy",
      ok: false,
      code,
      fix: expect.any(String),
      cause: expect.any(String),
    });
    expect(failed.message).toContain(proxy.url);
    expect(proxy.asked.length).toBeLessThanOrEqual(1);
  });

  it("because nobody answers there is named", async () => {
    const { other, world, proxy } = await aPlace();
    await proxy.stop();
    const tested = await connected(world, reach(other, proxy));
    expect(tested.probes.at(-1)).toMatchObject({ name: "proxy", code: "PROXY_UNREACHABLE" });
    expect(tested.probes.at(-1).message).toContain("ECONNREFUSED");
  });

  it("after it was good ends the run with the reason", async () => {
    const { other, world, proxy } = await aPlace();
    expect(await connected(world, reach(other, proxy, { identity: fixed }))).toMatchObject({ ok: true });
    const profile = await world.profile({ connection: name });
    expect((await world.run(profile)).status).toBe("succeeded");
    proxy.login = "somebody:else";
    await world.app.connections.refresh(name);
    const test = await anApi(world.app)("POST", `/profiles/${profile}/test`);
    expect(JSON.stringify(test.json)).toContain("PROXY_AUTHENTICATION_REQUIRED");
    const run = await world.run(profile);
    expect(run).toMatchObject({ status: "failed" });
    expect(JSON.stringify(run)).toContain("PROXY_AUTHENTICATION_REQUIRED");
  });

  it("by one that opens encrypted connections is told from one that is not there", async () => {
    const { other, world, proxy } = await aPlace();
    await using front = await aTlsFront(other.baseUrl, { trusted: false });
    const tested = await connected(world, reach(other, proxy, { graphBaseUrl: front.url }));
    expect(tested.probes.at(-1)).toMatchObject({ name: "token", code: "TLS_NOT_TRUSTED" });
  });
});

describe("what a proxy may be", () => {
  let world: World;
  beforeAll(async () => {
    world = await aWorld();
    return () => world[Symbol.asyncDispose]();
  });
  it.each([
    ["with a password", "http://user:pass@127.0.0.1:3128", "proxy.url"],
    ["with a user", "http://user@127.0.0.1:3128", "proxy.url"],
    ["with a path", "http://127.0.0.1:3128/pac", "proxy.url"],
    ["of another kind", "socks5://127.0.0.1:1080", "proxy.url"],
    ["without a scheme", "127.0.0.1:3128", "proxy.url"],
    ["beyond this machine, for a tenant on it", "http://proxy.contoso.com:8080", "proxy.url"],
    ["of endless length", `http://${"a".repeat(400)}.example`, "proxy.url"],
  ])("not one %s", async (_, url, field) => {
    const body = { tenantId: "contoso.com", graphBaseUrl: world.tenant.baseUrl, identity: fixed, proxy: { url } };
    const made = await anApi(world.app)("PUT", "/connections/Fabrikam", { body, headers: { "if-none-match": "*" } });
    expect(made).toMatchObject({ status: 400, json: { field } });
    expect(JSON.stringify(made.json)).not.toContain("pass@");
  });

  it("any other, for Microsoft's hosts; a password over plain http is warned of", async () => {
    const credentials = { keyVaultUrl: "https://contoso-keys.vault.azure.net", secretName: "proxy" };
    const proxy = { url: "http://proxy.contoso.com:8080", credentials };
    const identity = { kind: "managedIdentity" };
    const body = { tenantId: "contoso.com", identity, proxy };
    const made = await anApi(world.app)("PUT", "/connections/Contoso", { body, headers: { "if-none-match": "*" } });
    expect(made).toMatchObject({ status: 201, json: { proxy, bound: false } });
    expect(made.json.warnings.map(({ code }: { code: string }) => code)).toContain("PROXY_CREDENTIALS_IN_CLEAR");
  });
});
