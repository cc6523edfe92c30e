// A connection that worked and is refused later: said at once, with since when; its runs fail with the reason; what was mended
// needs nobody to say so; and what passes by itself changes nothing.
import { describe, expect, it, onTestFinished } from "vitest";
import { hour } from "../../lib/core/time.js";
import { readerApp } from "../../lib/local/tenant/entra.js";

import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import { aWorld, type World } from "../build/a-world.js";
import { type Ask, anApi } from "../unit/http/an-api.js";

type FaultPlan = Parameters<Tenant["faults"]["set"]>[0];

interface Place {
  world: World;
  other: Tenant;
  ask: Ask;
  test(mailbox?: string): ReturnType<Ask>;
  shown(): Promise<Record<string, unknown>>;
}

async function bound(mailbox?: string): Promise<Place> {
  const world = await aWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  const small = { mailboxes: 2, messagesPerMailbox: 3, hugeMessageBytes: 0, seed: "other", now: world.clock.now };
  const other = await startTenant(small);
  onTestFinished(() => other.close());
  const ask = anApi(world.app);
  const identity = { kind: "secret", clientId: readerApp, keyVaultUrl: other.baseUrl, secretName: "app-secret" };
  const body = { tenantId: other.tenantId, graphBaseUrl: other.baseUrl, identity };
  await ask("PUT", "/connections/Fabrikam", { body, headers: { "if-none-match": "*" } });
  const place: Place = {
    ...{ world, other, ask },
    test: (named) => ask("POST", "/connections/Fabrikam/test", named === undefined ? {} : { body: { mailbox: named } }),
    shown: async () => (await ask("GET", "/connections/Fabrikam")).json,
  };
  const address = mailbox === undefined ? undefined : other.mailboxes.list()[0]?.address;
  expect((await place.test(address)).json).toMatchObject({ bound: true });
  expect(await place.shown()).toMatchObject({ bound: true, state: "bound", failing: null });
  return place;
}

const rule = (route: string, doing: object): FaultPlan => ({ rules: [{ route, do: doing }] }) as FaultPlan;
const shutDirectory = rule("GET /users", { kind: "status", status: 403, code: "Authorization_RequestDenied" });
const shutMailboxes = rule("GET /users/{user}/mailFolders/{folder}", { kind: "forbidden" });

describe("a connection that is refused after it was bound", { timeout: 60_000 }, () => {
  it.each<[string, (other: Tenant) => void, string]>([
    ["its secret is no longer good", ({ entra }) => (entra.acceptedSecret = "another"), "AADSTS7000215"],
    ["its secret has expired", ({ entra }) => (entra.expiresAt = new Date(0)), "CREDENTIAL_EXPIRED"],
    ["its vault lets nobody in", ({ entra }) => (entra.vaultClosed = true), "KEY_VAULT_REFUSED"],
    ["its consent was taken away", ({ faults }) => faults.set(shutDirectory), "Authorization_RequestDenied"],
    ["no mailbox lets it in", ({ faults }) => faults.set(shutMailboxes), "ErrorAccessDenied"],
  ])("because %s is failing, since then, and health is unwell", async (_, damage, code) => {
    const { world, other, ask, test, shown } = await bound();
    damage(other);
    const since = world.clock.now().toISOString();
    expect((await test()).json).toMatchObject({ ok: false, bound: false });
    world.clock.advance(hour);
    await test();
    const view = await shown();
    expect(view).toMatchObject({ bound: false, state: "failing", failing: { code, since } });
    expect(view.boundAt).not.toBeNull();
    const health = await ask("GET", "/health");
    expect(health).toMatchObject({ status: 503, json: { status: "unwell" } });
    expect(JSON.stringify(health.json.edges)).toContain("CONNECTION_FAILING");
  });

  it("fails its runs at their start with the reason, and goes on by itself when it was mended", async () => {
    const { world, other, ask, test, shown } = await bound();
    const schedule = { cron: "0 0 * * * *", timeZone: "UTC" };
    const profile = await world.profile({ connection: "Fabrikam", schedule });
    other.entra.acceptedSecret = "another";
    await test();
    const failed = await world.run(profile);
    expect(failed).toMatchObject({ status: "failed", tally: { stored: 0 } });
    expect(failed.problems).toEqual([expect.objectContaining({ code: "AADSTS7000215" })]);
    expect(failed.problems[0]?.message).toContain("Fabrikam is failing since");
    world.clock.advance(2 * hour);
    await world.app.schedule();
    await world.settle();
    const [scheduled] = (await ask("GET", `/runs?profile=${profile}`)).json.value;
    expect(scheduled).toMatchObject({ trigger: "schedule", status: "failed" });

    other.entra.acceptedSecret = other.entra.secret;
    expect(await world.run(profile)).toMatchObject({ status: "succeeded" });
    expect(await shown()).toMatchObject({ bound: true, state: "bound", failing: null });
  });

  it("is bound anew by another definition only after that has passed", async () => {
    const { other, ask, test } = await bound();
    other.entra.acceptedSecret = "another";
    await test();
    const read = await ask("GET", "/connections/Fabrikam");
    const body = { ...read.json, tenantId: "elsewhere.example" };
    const changed = await ask("PUT", "/connections/Fabrikam", {
      body,
      headers: { "if-match": read.headers.get("etag") ?? "" },
    });
    expect(changed.json).toMatchObject({ bound: false, state: "untested", failing: null });
  });

  it("is told apart for the connection of the settings, too", async () => {
    await using world = await aWorld();
    const ask = anApi(world.app);
    const profile = await world.profile();
    world.tenant.faults.set(shutDirectory);
    expect((await ask("POST", "/connections/default/test")).json).toMatchObject({ bound: false });
    expect((await ask("GET", "/connections/default")).json).toMatchObject({ state: "failing", bound: false });
    expect(await world.run(profile)).toMatchObject({
      status: "failed",
      problems: [{ code: "Authorization_RequestDenied" }],
    });
    world.tenant.faults.set({ rules: [] });
    expect(await world.run(profile)).toMatchObject({ status: "succeeded" });
    expect((await ask("GET", "/connections/default")).json).toMatchObject({ state: "bound", bound: true });
  });
});

describe("a bound connection stays so", { timeout: 60_000 }, () => {
  it.each<[string, FaultPlan]>([
    ["throttling", rule("GET /users", { kind: "throttled", retryAfterSeconds: 600 })],
    ["a directory that is down", rule("GET /users", { kind: "status", status: 503 })],
  ])("through %s", async (_, plan) => {
    const { other, test, shown } = await bound();
    other.faults.set(plan);
    expect((await test()).json).toMatchObject({ ok: false, bound: true });
    expect(await shown()).toMatchObject({ bound: true, state: "bound", failing: null, lastTest: { ok: false } });
  });

  it("when a mailbox that was named is not there, or not for the app", async () => {
    const { other, test, shown } = await bound();
    expect((await test("nobody@nowhere.example")).json).toMatchObject({ ok: false, bound: true });
    other.faults.set(shutMailboxes);
    expect((await test(other.mailboxes.list()[1]?.address)).json).toMatchObject({ ok: false, bound: true });
    expect(await shown()).toMatchObject({ state: "bound" });
  });

  it("when its scope holds other mailboxes than the first ones", async () => {
    const { other, test, shown } = await bound("named");
    other.faults.set(shutMailboxes);
    expect((await test()).json).toMatchObject({ ok: false, bound: true });
    expect(await shown()).toMatchObject({ state: "bound" });
  });

  it("is failing no more once what was refused is granted, whatever else the test meets", async () => {
    const { other, test, shown } = await bound();
    other.faults.set(shutDirectory);
    await test();
    other.faults.set(rule("GET /users/{user}/mailFolders/{folder}", { kind: "status", status: 503 }));
    expect((await test()).json).toMatchObject({ ok: false, bound: true });
    expect(await shown()).toMatchObject({ state: "bound", failing: null });
  });
});
