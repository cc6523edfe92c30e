// By which right each mailbox is read, what becomes of one that is refused, and of all being refused.
import { expect, it } from "vitest";
import { staticToken } from "../../lib/adapters/graph/token.js";
import { MailkeepError } from "../../lib/core/errors.js";
import { RunId } from "../../lib/core/ids.js";
import { hour } from "../../lib/core/time.js";
import { sampleAppId } from "../../lib/local/tenant/rights.js";
import { startTenant } from "../../lib/local/tenant/server.js";
import { type Log, silentLog } from "../../lib/ports/log.js";
import { aWorld, type World } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

const daily = { cron: "0 0 * * * *", timeZone: "Etc/UTC" };

/** A company of three whose mail the app reads by a scope that holds those at `inside`. */
async function scoped(inside: number[], options: { log?: Log } = {}) {
  const tenant = await startTenant({ mailboxes: 3, messagesPerMailbox: 10, hugeMessageBytes: 0 });
  const people = tenant.mailboxes.list();
  const put = (some: number[]) =>
    tenant.mailboxes.grantApplications([
      { appId: sampleAppId, role: "Mail.Read", scope: "Archived", members: some.map((at) => people[at]?.id ?? "") },
    ]);
  put(inside);
  const world = await aWorld({
    shared: tenant,
    token: staticToken(tenant.tokenWith({ roles: ["User.Read.All"] })),
    edges: (edges) => ({ ...edges, log: options.log ?? silentLog }),
  });
  const close = async () => {
    await world[Symbol.asyncDispose]();
    await tenant.close();
  };
  return { world, tenant, people, put, [Symbol.asyncDispose]: close };
}

/** An hour later the schedule starts what is due; returns the run. */
async function anHourLater(world: World) {
  world.clock.advance(1 * hour);
  await world.app.schedule();
  await world.settle();
  const [run] = (await world.app.runs.list({ limit: 1 })).value;
  return world.app.runs.get(RunId.parse(run?.id));
}

const requestsTo = (world: World, mailbox: string) =>
  world.tenant.requests.filter(({ url }) => url.includes(`/users/${mailbox}/mailFolders`)).length;

it("is written down of each mailbox a run reads or is refused", async () => {
  await using company = await scoped([0, 1]);
  const { world, people } = company;
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "succeededWithGaps", mailboxes: { failed: 1 } });
  const { json } = await anApi(world.app)("GET", "/mailboxes");
  const shown = people.map(({ id }) => json.value.find((one: { id: string }) => one.id === id)?.access);
  expect(shown).toMatchObject([
    { mode: "scopedApp", readable: true },
    { mode: "scopedApp", readable: true },
    { mode: "none", readable: false, reason: "ErrorAccessDenied", nextTestAt: expect.any(String) },
  ]);
});

it("keeps a refused mailbox out of scheduled runs for hours, as a gap with a name, and asks again then", async () => {
  await using company = await scoped([0, 1]);
  const { world, people, put } = company;
  const shut = people[2]?.id ?? "";
  await world.run(await world.profile({ schedule: daily }));
  const asked = requestsTo(world, shut);
  for (let passed = 1; passed <= 3; passed++) {
    const run = await anHourLater(world);
    expect(run).toMatchObject({ trigger: "schedule", status: "succeededWithGaps", mailboxes: { failed: 1 } });
    const part = (await world.parts(run.id)).find(({ mailbox }) => mailbox === shut);
    expect(part).toMatchObject({
      status: "failed",
      reason: "ACCESS_REFUSED",
      problems: [{ code: "ACCESS_REFUSED", fix: expect.stringContaining("scope") }],
    });
    expect(requestsTo(world, shut)).toBe(asked);
  }
  put([0, 1, 2]);
  const healed = await anHourLater(world);
  expect(requestsTo(world, shut)).toBeGreaterThan(asked);
  expect(healed).toMatchObject({ status: "succeeded", mailboxes: { failed: 0 } });
});

it("lets a person ask at once: by a run, and by a test", async () => {
  await using company = await scoped([0, 1]);
  const { world, people, put } = company;
  const shut = people[2]?.id ?? "";
  const profile = await world.profile({ schedule: daily });
  await world.run(profile);
  const asked = requestsTo(world, shut);
  await world.run(profile);
  expect(requestsTo(world, shut)).toBeGreaterThan(asked);
  put([0, 1, 2]);
  const body = { mailboxes: [people[2]?.address] };
  const { json } = await anApi(world.app)("POST", `/profiles/${profile}/test`, { body });
  expect(json).toMatchObject({ result: "ok", mailboxes: [{ access: { mode: "scopedApp" } }] });
  expect(await anHourLater(world)).toMatchObject({ status: "succeeded", mailboxes: { failed: 0 } });
});

it("is an alarm when every mailbox is refused: one problem on the run, one event in the log", async () => {
  const events: { event: string; fields: object | undefined }[] = [];
  const log: Log = { ...silentLog, error: (event, fields) => void events.push({ event, fields }) };
  await using company = await scoped([], { log });
  const { world } = company;
  const run = await world.run(await world.profile());
  expect(run).toMatchObject({ status: "failed", problems: [{ code: "ACCESS_DENIED_EVERYWHERE" }] });
  const raised = events.filter(({ event }) => event === "configuration alarm");
  expect(raised).toEqual([
    { event: "configuration alarm", fields: { run: run.id, reason: "ACCESS_DENIED_EVERYWHERE", mailboxes: 3 } },
  ]);
});

it("is no alarm when the one mailbox of a profile is refused and others are read", async () => {
  await using company = await scoped([0, 1]);
  const { world, people } = company;
  await world.run(await world.profile());
  const alone = await world.profile({ mailboxes: { mode: "single", mailboxes: [people[2]?.address] } });
  expect(await world.run(alone)).toMatchObject({ status: "failed", problems: [] });
});

it("never says that nothing is new when a mailbox that was read is gone", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 2, messagesPerMailbox: 5 } });
  const profile = await world.profile();
  await world.run(profile);
  expect(await world.run(profile)).toMatchObject({ status: "noChanges" });
  world.tenant.mailboxes.loseMailbox(world.mailbox(1).id);
  const run = await world.run(profile);
  expect(run).toMatchObject({ status: "succeededWithGaps", mailboxes: { failed: 1 } });
  expect((await world.parts(run.id)).find(({ status }) => status === "failed")).toMatchObject({
    reason: "MailboxNotEnabledForRESTAPI",
    problems: [{ code: "MailboxNotEnabledForRESTAPI", fix: expect.any(String) }],
  });
});

it("blames no mailbox when it is storage that refuses", async () => {
  await using world = await aWorld({
    edges: (edges) => ({
      ...edges,
      blobs: { ...edges.blobs, putIfAbsent: () => Promise.reject(storageForbids()) },
    }),
  });
  const run = await world.run(await world.profile());
  expect(run.status).toBe("failed");
  expect(run.problems.map(({ code }) => code)).not.toContain("ACCESS_DENIED_EVERYWHERE");
  const { access } = await world.app.mailboxes.get(world.mailbox().id);
  expect(access?.readable).not.toBe(false);
});

it("says of one mailbox which of its two conditions is missing", async () => {
  await using company = await scoped([0, 1]);
  const { world, people } = company;
  const ask = anApi(world.app);
  const [anna, ben, desk] = people.map(({ id }) => id);
  const profile = await world.profile({ mailboxes: { mode: "only", mailboxes: [anna, desk] } });
  await world.run(profile);
  expect((await ask("GET", `/mailboxes/${anna}/access`)).json).toMatchObject({
    missing: [],
    inProfile: { holds: true, profiles: [{ id: profile }] },
    inScope: { holds: true },
  });
  expect((await ask("GET", `/mailboxes/${ben}/access`)).json).toMatchObject({
    missing: ["profile"],
    inScope: { holds: true },
  });
  expect((await ask("GET", `/mailboxes/${desk}/access`)).json).toMatchObject({
    missing: ["scope"],
    inScope: { holds: false },
    access: { mode: "none" },
    fix: expect.stringContaining("scope"),
  });
});

it("names what the app can read that no profile needs", async () => {
  await using world = await aWorld({ tenant: { mailboxes: 4, messagesPerMailbox: 0 } });
  const ask = anApi(world.app);
  const wide = world.tenant.tokenWith({ roles: ["Mail.Read", "User.Read.All"] });
  const early = await ask("GET", "/access/blast-radius");
  expect(early, "nobody known is not nobody").toMatchObject({ status: 409, json: { code: "DIRECTORY_SYNC_REQUIRED" } });
  await using whole = await aWorld({
    shared: world.tenant,
    token: staticToken(wide),
    stores: world,
    clock: world.clock,
  });
  await world.run(await world.profile({ mailboxes: { mode: "only", mailboxes: [world.mailbox(0).address] } }));
  const opaque = (await ask("GET", "/access/blast-radius")).json;
  expect(opaque).toMatchObject({ mode: "unknown", mailboxes: 4, needed: 1, unneeded: 0, unknown: 3, value: [] });
  const first = (await anApi(whole.app)("GET", "/access/blast-radius?limit=2")).json;
  expect(first).toMatchObject({ mode: "tenantApp", needed: 1, unneeded: 3, fix: expect.stringContaining("RBAC") });
  const rest = (await anApi(whole.app)("GET", first.nextLink)).json;
  expect([...first.value, ...rest.value].map(({ id }: { id: string }) => id).sort()).toEqual(
    [1, 2, 3].map((at) => world.mailbox(at).id as string).sort(),
  );
});

function storageForbids(): MailkeepError {
  const detail = { reason: "AuthorizationPermissionMismatch", status: 403, edge: "storage" } as const;
  return new MailkeepError("forbidden", "storage could not put a blob", detail);
}
