// Connections from their making to their end: by the API, against a tenant with its own sign-in and key vault.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { day } from "../../../lib/core/time.js";
import { readerApp, writerApp } from "../../../lib/local/tenant/entra.js";
import { startTenant, type Tenant } from "../../../lib/local/tenant/server.js";
import type { LogFields } from "../../../lib/ports/log.js";
import { aWorld, testStart, type World } from "../../build/a-world.js";
import { type Ask, anApi } from "./an-api.js";

let world: World;
let other: Tenant;
let ask: Ask;
let logged: { event: string; fields: LogFields }[];
beforeEach(async () => {
  logged = [];
  const log = {
    info() {},
    error() {},
    warn: (event: string, fields: LogFields = {}) => void logged.push({ event, fields }),
  };
  world = await aWorld({ edges: (edges) => ({ ...edges, log }) });
  other = await startTenant({
    mailboxes: 1,
    messagesPerMailbox: 3,
    hugeMessageBytes: 0,
    seed: "other",
    now: world.clock.now,
  });
  ask = anApi(world.app);
});
afterEach(async () => {
  await other.close();
  await world[Symbol.asyncDispose]();
});

const create = { "if-none-match": "*" };
const hosts = () => ({ tenantId: other.tenantId, graphBaseUrl: other.baseUrl });
const secret = () => ({ kind: "secret", clientId: readerApp, keyVaultUrl: other.baseUrl, secretName: "app-secret" });
const certificate = () => ({
  kind: "certificate",
  clientId: readerApp,
  keyVaultUrl: other.baseUrl,
  certificateName: "app-certificate",
});
const put = (name: string, change: object = {}, headers: Record<string, string> = create) =>
  ask("PUT", `/connections/${name}`, { body: { ...hosts(), identity: secret(), ...change }, headers });
const etagOf = (answer: { headers: Headers }) => answer.headers.get("etag") ?? "";

describe("a connection", () => {
  it("is made, read, changed with its version only, and removed", async () => {
    const made = await put("Fabrikam");
    expect(made).toMatchObject({ status: 201, json: { id: "Fabrikam", bound: false, cloud: "global", ...hosts() } });
    expect(made.headers.get("location")).toBe("/api/v1/connections/Fabrikam");
    const read = await ask("GET", "/connections/fabrikam");
    expect(read.json).toEqual(made.json);

    const changed = await put("FABRIKAM", { description: "Mail of the sister" }, { "if-match": etagOf(read) });
    expect(changed).toMatchObject({ status: 200, json: { id: "Fabrikam", description: "Mail of the sister" } });
    const late = await put("Fabrikam", { description: "late" }, { "if-match": etagOf(read) });
    expect(late).toMatchObject({ status: 412, json: { code: "PRECONDITION_FAILED" } });

    const back = await ask("PUT", "/connections/Fabrikam", {
      body: changed.json,
      headers: { "if-match": etagOf(changed) },
    });
    expect(back.status).toBe(200);
    expect((await ask("DELETE", "/connections/Fabrikam", { headers: { "if-match": etagOf(back) } })).status).toBe(204);
    expect(await ask("GET", "/connections/Fabrikam")).toMatchObject({
      status: 404,
      json: { code: "CONNECTION_NOT_FOUND" },
    });
  });

  it.each([
    ["nothing", {}, 428, "If-Match"],
    ["any version", { "if-match": "*" }, 400, "If-Match"],
    ["no such version", { "if-none-match": '"1"' }, 400, "If-None-Match"],
    ["both", { "if-none-match": "*", "if-match": '"1"' }, 400, "If-None-Match"],
  ])("is not written with %s said of its version", async (_, headers, status, field) => {
    expect(await put("Fabrikam", {}, headers)).toMatchObject({ status, json: { field } });
  });

  it("is one whatever the case of its name", async () => {
    await put("Fabrikam");
    expect(await put("fabriKAM")).toMatchObject({ status: 412 });
    expect(await put("nobody", {}, { "if-match": '"1"' })).toMatchObject({ status: 404 });
    expect(await put("1st")).toMatchObject({ status: 400, json: { code: "INVALID_ID", field: "id" } });
  });

  it("is not removed while a profile uses it", async () => {
    const made = await put("Fabrikam");
    const profile = await world.profile({ connection: "fabrikam" });
    const refused = await ask("DELETE", "/connections/Fabrikam", { headers: { "if-match": etagOf(made) } });
    expect(refused).toMatchObject({ status: 409, json: { code: "CONNECTION_IN_USE" } });
    expect(refused.json.detail).toContain(profile);
  });

  it("of the settings is bound, and not changed here", async () => {
    expect((await ask("GET", "/connections/default")).json).toMatchObject({
      bound: true,
      credential: { status: "none" },
    });
    expect(await put("Default")).toMatchObject({ status: 409, json: { code: "CONNECTION_OF_SETTINGS" } });
    const removed = await ask("DELETE", "/connections/default", { headers: { "if-match": '"1"' } });
    expect(removed).toMatchObject({ status: 409, json: { code: "CONNECTION_OF_SETTINGS" } });
  });

  it("is listed, default first, page by page", async () => {
    await put("Contoso EU");
    await put("a-team");
    const first = await ask("GET", "/connections?limit=2");
    const second = await ask("GET", first.json.nextLink);
    const ids = [...first.json.value, ...second.json.value].map(({ id }: { id: string }) => id);
    expect(ids).toEqual(["default", "a-team", "Contoso EU"]);
    expect(second.json.nextLink).toBeUndefined();
  });

  it("says that another one reaches the same tenant", async () => {
    await put("One");
    const two = await put("Two");
    expect(two.json.warnings).toMatchObject([{ code: "TENANT_SHARED", message: expect.stringContaining("One") }]);
  });

  it("shows no secret to anybody", async () => {
    await put("Fabrikam");
    const { bytes } = await ask("POST", "/connections/Fabrikam/test");
    const all = Buffer.concat([bytes, (await ask("GET", "/connections")).bytes]).toString() + JSON.stringify(logged);
    for (const hidden of [other.entra.secret, other.token, other.writerToken]) expect(all).not.toContain(hidden);
    for await (const row of world.edges.rows.scan("connections", "connections"))
      expect(JSON.stringify(row.values)).not.toContain(other.entra.secret);
  });
});

describe("the test of a connection", () => {
  it.each(["secret", "certificate"])("binds one with a %s that works", async (kind) => {
    other.entra.expiresAt = new Date(testStart.getTime() + 300 * day);
    await put("Fabrikam", { identity: kind === "secret" ? secret() : certificate() });
    const tested = await ask("POST", "/connections/Fabrikam/test");
    expect(tested.json).toMatchObject({ ok: true, bound: true, connection: "Fabrikam" });
    expect(tested.json.probes.map(({ name }: { name: string }) => name)).toEqual([
      "credential",
      "token",
      "directory",
      "mailbox",
    ]);
    const { json } = await ask("GET", "/connections/Fabrikam");
    expect(json).toMatchObject({ bound: true, credential: { status: "ok", daysLeft: 300 }, lastTest: { ok: true } });
    const run = await world.run(await world.profile({ connection: "Fabrikam" }));
    expect(run).toMatchObject({ status: "succeeded", connection: "Fabrikam" });
  });

  const vaultClosed = () => (other.entra.vaultClosed = true);
  it.each<[string, () => unknown, object, string, string]>([
    ["a vault that refuses", vaultClosed, {}, "credential", "KEY_VAULT_REFUSED"],
    [
      "no such secret",
      () => {},
      { identity: () => ({ ...secret(), secretName: "none" }) },
      "credential",
      "KEY_VAULT_NOT_FOUND",
    ],
    ["a wrong secret", () => (other.entra.acceptedSecret = "another"), {}, "token", "AADSTS7000215"],
    ["an expired secret", () => (other.entra.expiresAt = new Date(0)), {}, "credential", "CREDENTIAL_EXPIRED"],
    ["another tenant", () => {}, { tenantId: "nowhere.example" }, "token", "AADSTS90002"],
    [
      "an unknown app",
      () => {},
      { identity: () => ({ ...secret(), clientId: crypto.randomUUID() }) },
      "token",
      "AADSTS700016",
    ],
    [
      "a certificate that the app does not know",
      () => (other.entra.certificateKnown = false),
      { identity: certificate },
      "token",
      "AADSTS700027",
    ],
    [
      "a directory that is closed",
      () =>
        other.faults.set({
          rules: [{ route: "GET /users", do: { kind: "status", status: 403, code: "Authorization_RequestDenied" } }],
        }),
      {},
      "directory",
      "Authorization_RequestDenied",
    ],
    [
      "mailboxes out of scope",
      () =>
        other.faults.set({ rules: [{ route: "GET /users/{user}/mailFolders/{folder}", do: { kind: "forbidden" } }] }),
      {},
      "mailbox",
      "ErrorAccessDenied",
    ],
    [
      "an app that may list messages and read none",
      () =>
        other.faults.set({
          rules: [{ route: "GET /users/{user}/messages/{message}/$value", do: { kind: "forbidden" } }],
        }),
      {},
      "mailbox",
      "ErrorAccessDenied",
    ],
  ])("names %s", async (...[, damage, change, probe, code]) => {
    const { identity = secret, ...rest } = change as { identity?: () => object };
    await put("Fabrikam", { ...rest, identity: identity() });
    damage();
    const { json } = await ask("POST", "/connections/Fabrikam/test");
    expect(json).toMatchObject({ ok: false, bound: false });
    expect(json.probes.at(-1)).toMatchObject({ name: probe, ok: false, code, fix: expect.stringMatching(/.{10}/) });
  });

  it("is not passed by an empty inbox where the messages of another are refused", async () => {
    const two = await startTenant({ mailboxes: 2, messagesPerMailbox: 40, hugeMessageBytes: 0, now: world.clock.now });
    const [, empty] = two.mailboxes.list();
    const box = empty?.id ?? "";
    for (const { id } of two.mailboxes.inventory(box)) two.mailboxes.purge(box, id);
    two.faults.set({ rules: [{ route: "GET /users/{user}/messages/{message}/$value", do: { kind: "forbidden" } }] });
    await put("Two", {
      tenantId: two.tenantId,
      graphBaseUrl: two.baseUrl,
      identity: { ...secret(), keyVaultUrl: two.baseUrl },
    });
    const { json } = await ask("POST", "/connections/Two/test");
    await two.close();
    expect(json).toMatchObject({ bound: false });
    expect(json.probes.at(-1)).toMatchObject({ name: "mailbox", ok: false, code: "ErrorAccessDenied" });
  });

  it("is not ended by one mailbox that is throttled", async () => {
    const two = await startTenant({ mailboxes: 2, messagesPerMailbox: 3, hugeMessageBytes: 0, now: world.clock.now });
    const [busy, free] = two.mailboxes.list();
    const throttled = { kind: "throttled" as const, retryAfterSeconds: 600 };
    two.faults.set({ rules: [{ mailbox: busy?.id ?? "", do: throttled }] });
    await put("Two", {
      tenantId: two.tenantId,
      graphBaseUrl: two.baseUrl,
      identity: { ...secret(), keyVaultUrl: two.baseUrl },
    });
    const { json } = await ask("POST", "/connections/Two/test");
    await two.close();
    expect(json).toMatchObject({ bound: true });
    expect(json.probes.at(-1).evidence).toMatch(new RegExp(`of mailbox ${free?.id}`));
  });

  it("reads the mailbox that is named, and says when nobody has the name", async () => {
    await put("Fabrikam");
    const [box] = other.mailboxes.list();
    const named = await ask("POST", "/connections/Fabrikam/test", { body: { mailbox: box?.address } });
    expect(named.json.probes.at(-1)).toMatchObject({
      name: "mailbox",
      ok: true,
      evidence: expect.stringContaining(box?.id ?? ""),
    });
    const nobody = await ask("POST", "/connections/Fabrikam/test", { body: { mailbox: "x@nowhere.example" } });
    expect(nobody.json.probes.at(-1)).toMatchObject({ ok: false, code: "ADDRESS_NOT_FOUND" });
  });

  it("tries the second identity, too", async () => {
    await put("Fabrikam", { writerIdentity: { ...secret(), clientId: writerApp } });
    expect((await ask("POST", "/connections/Fabrikam/test")).json.probes.at(-1)).toMatchObject({
      name: "writer",
      ok: true,
    });
    await put("Broken", { writerIdentity: { ...secret(), clientId: crypto.randomUUID() } });
    expect((await ask("POST", "/connections/Broken/test")).json).toMatchObject({ bound: false });
  });
});

describe("an unbound connection", () => {
  const runOf = async (profile: string) => ask("POST", `/profiles/${profile}/run`);

  it("has profiles, but no runs and no directory until its test passes", async () => {
    await put("Fabrikam");
    const profile = await world.profile({ connection: "Fabrikam" });
    const refused = await runOf(profile);
    expect(refused).toMatchObject({ status: 409, json: { code: "CONNECTION_NOT_BOUND" } });
    expect(refused.json.detail).toContain("POST /api/v1/connections/Fabrikam/test");
    expect((await ask("POST", "/directory/sync?connection=Fabrikam")).json.code).toBe("CONNECTION_NOT_BOUND");
    await ask("POST", "/connections/Fabrikam/test");
    expect((await runOf(profile)).status).toBe(202);
  });

  it("is what a bound one becomes with another identity, and not with another description", async () => {
    const made = await put("Fabrikam");
    await ask("POST", "/connections/Fabrikam/test");
    const described = await put("Fabrikam", { description: "x" }, { "if-match": etagOf(made) });
    expect(described.json.bound).toBe(true);
    const changed = await put("Fabrikam", { identity: certificate() }, { "if-match": etagOf(described) });
    expect(changed.json).toMatchObject({ bound: false, boundAt: null });
  });

  it("gets nothing done in a run that began before: it is named, and nothing of another tenant is mixed in", async () => {
    const made = await put("Fabrikam");
    await ask("POST", "/connections/Fabrikam/test");
    const profile = await world.profile({ connection: "Fabrikam" });
    await ask("POST", "/directory/sync?connection=Fabrikam");
    const { json: run } = await runOf(profile);
    await put(
      "Fabrikam",
      { tenantId: world.tenant.tenantId, graphBaseUrl: world.tenant.baseUrl, identity: certificate() },
      { "if-match": etagOf(made) },
    );
    await world.settle(() => {});
    const ended = (await ask("GET", `/runs/${run.id}`)).json;
    expect(ended.status).not.toMatch(/succeeded|noChanges/);
  });

  it("begins anew when it was removed and made again", async () => {
    const made = await put("Fabrikam");
    await ask("POST", "/connections/Fabrikam/test");
    await ask("DELETE", "/connections/Fabrikam", { headers: { "if-match": etagOf(made) } });
    expect((await put("Fabrikam")).json).toMatchObject({ bound: false, lastTest: null });
  });
});

it("asks for tokens anew when a connection is refreshed", async () => {
  await put("Fabrikam");
  await ask("POST", "/connections/Fabrikam/test");
  const sync = () => ask("POST", "/directory/sync?connection=Fabrikam");
  await sync();
  const before = other.entra.tokensGiven;
  await sync();
  expect(other.entra.tokensGiven).toBe(before);
  world.clock.advance(1_000);
  const refreshed = await ask("POST", "/connections/Fabrikam/refresh");
  expect(refreshed.json).toMatchObject({ refreshedAt: world.clock.now().toISOString(), problem: null });
  expect(refreshed.json.propagation).toContain("30 minutes to 2 hours");
  // One to see what it may now, one for those who work with it.
  await sync();
  expect(other.entra.tokensGiven).toBe(before + 2);
  other.entra.acceptedSecret = "another";
  expect((await ask("POST", "/connections/Fabrikam/refresh")).json.problem).toMatchObject({ code: "AADSTS7000215" });
});

describe("a credential that expires", () => {
  it("is told in health and, each night, in the log", async () => {
    await put("Fabrikam");
    await ask("POST", "/connections/Fabrikam/test");
    other.entra.expiresAt = new Date(world.clock.now().getTime() + 20 * day);
    await world.app.nightly();
    const { json } = await ask("GET", "/connections/Fabrikam");
    expect(json).toMatchObject({ bound: true, credential: { status: "expiring", daysLeft: 20 } });
    expect(logged).toContainEqual({
      event: "credential expires",
      fields: expect.objectContaining({ connection: "Fabrikam", status: "expiring", daysLeft: 20 }),
    });
    const health = await ask("GET", "/health");
    expect(health).toMatchObject({ status: 200, json: { status: "ok" } });
    expect(health.json.warnings).toContainEqual(
      expect.objectContaining({ code: "CREDENTIAL_EXPIRES", connection: "Fabrikam" }),
    );
    world.clock.advance(21 * day);
    expect(await ask("GET", "/health")).toMatchObject({ status: 503, json: { status: "unwell" } });
  });

  it("keeps its date when the vault cannot be asked", async () => {
    other.entra.expiresAt = new Date(testStart.getTime() + 90 * day);
    await put("Fabrikam");
    await ask("POST", "/connections/Fabrikam/test");
    other.entra.vaultClosed = true;
    await world.app.nightly();
    const { credential, warnings } = (await ask("GET", "/connections/Fabrikam")).json;
    expect(credential).toMatchObject({ status: "ok", daysLeft: 90, problem: "KEY_VAULT_REFUSED" });
    expect(warnings).toContainEqual(expect.objectContaining({ code: "CREDENTIAL_UNREAD" }));
  });
});
