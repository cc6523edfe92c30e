// Every route, by the table: what it writes into the audit, and that nothing leaves while that cannot be written.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { witnessedAs } from "../../../functions/http/witness.js";
import { headRow } from "../../../lib/audit/entry.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { aWorld, type World } from "../../build/a-world.js";
import { auth, keys, refusedHeaders, tokenFor } from "../access/tokens.js";
import { type Ask, anApi } from "./an-api.js";
import { routes, wellFormed } from "./requests.js";

let world: World;
let ask: Ask;
let isAway = false;
let bearer: string;
let mailbox: string;
let key: string;

beforeAll(async () => {
  // The audit's table alone can be away; everything else works.
  const without = (rows: RowStore): RowStore => ({
    ...rows,
    batch: (table, ...rest) =>
      table === "audit" && isAway
        ? Promise.reject(new MailkeepError("unavailable", "tables are away"))
        : rows.batch(table, ...rest),
  });
  world = await aWorld({ edges: (edges) => ({ ...edges, rows: without(edges.rows) }) });
  ask = anApi(world.app, { auth, keys });
  bearer = `Bearer ${await tokenFor("Archive.Admin")}`;
  await world.run(await world.profile());
  mailbox = world.mailbox().id;
  key = (await world.app.messages.list(world.mailbox().id, { limit: 1 })).value[0]?.key ?? "";
});
afterAll(() => world[Symbol.asyncDispose]());

/** What a request wrote, oldest first. */
async function written(request: () => Promise<unknown>) {
  const before = (await world.app.audit.list({ limit: 1 })).value[0]?.seq ?? 0;
  await request();
  const { value } = await world.app.audit.list({ limit: 100 });
  return value.filter(({ seq }) => seq > before).reverse();
}

const as = (authorization: string) => ({ headers: { authorization } });

it("keeps who read which message, before its bytes leave", async () => {
  const path = `/mailboxes/${mailbox}/messages/${key}/eml`;
  const entries = await written(() => ask("GET", path, as(bearer)));
  expect(entries).toEqual([
    expect.objectContaining({
      kind: "read",
      subject: "person-1",
      action: "getEml",
      object: path.slice(1),
      outcome: "done",
      intact: true,
    }),
  ]);
});

it("keeps by which fields somebody chose, and none of the words", async () => {
  const path = `/mailboxes/${mailbox}/messages?q=merger&folder=%2FSecret%20plans&from=2020-01-01&limit=5`;
  const [entry] = await written(() => ask("GET", path, as(bearer)));
  expect(entry).toMatchObject({ action: "listMessages", object: `mailboxes/${mailbox}/messages` });
  expect(entry?.fields?.split(",").sort()).toEqual(["folder", "from", "q"]);
  expect(JSON.stringify(world.edges.rows.dump()).match(/merger|Secret plans/)).toBeNull();
});

it("keeps that a change was asked for and what came of it", async () => {
  const body = { name: "Marked", mailboxes: { mode: "only", mailboxes: [mailbox] } };
  const entries = await written(() => ask("POST", "/profiles", { ...as(bearer), body }));
  expect(entries.map(({ outcome }) => outcome)).toEqual(["asked", "done"]);
  expect(entries[1]).toMatchObject({
    action: "createProfile",
    object: "profiles",
  });
  expect(entries[1]?.result).toMatch(/^profiles\/p_[0-9a-f]{16}$/);
  expect(new Set(entries.map(({ request }) => request)).size).toBe(1);
  const gone = await written(() =>
    ask("DELETE", `/profiles/p_0000000000000000`, { headers: { authorization: bearer, "if-match": '"1"' } }),
  );
  expect(gone).toMatchObject([{ outcome: "asked" }, { outcome: "failed", code: "PROFILE_NOT_FOUND" }]);
});

it("keeps what the schedule did", async () => {
  await ask("POST", "/profiles", {
    ...as(bearer),
    body: { name: "Nightly", mailboxes: { mode: "all" }, schedule: { cron: "0 0 1 * * *", timeZone: "Etc/UTC" } },
  });
  world.clock.advance(86_400_000);
  const entries = await written(() => world.app.schedule());
  expect(entries).toMatchObject([
    { subject: "schedule", action: "runProfile", outcome: "asked", object: expect.stringMatching(/^profiles\/p_/) },
    { subject: "schedule", action: "runProfile", outcome: "done", result: expect.stringMatching(/^runs\/r_/) },
  ]);
  await world.settle();
});

it("archives by schedule even while the audit cannot be written", async () => {
  world.clock.advance(86_400_000);
  isAway = true;
  await world.app.schedule();
  isAway = false;
  expect((await world.app.runs.list({ limit: 1 })).value[0]?.trigger).toBe("schedule");
  await world.settle();
});

describe.each(Object.entries(routes))("%s", (name, route) => {
  const kind = witnessedAs(route);

  it(`is witnessed as ${kind ?? "nothing"}`, async () => {
    const entries = await written(() => wellFormed(ask, route, bearer));
    const outcomes = entries.map((entry) => [entry.kind, entry.action, entry.outcome]);
    if (kind === "change") expect(outcomes.slice(0, 1)).toEqual([["change", name, "asked"]]);
    // A read that gives nothing (there is no such thing) gives no content.
    if (kind === "read") for (const outcome of outcomes) expect(outcome).toEqual(["read", name, "done"]);
    if (kind === undefined) expect(outcomes).toEqual([]);
    for (const { object = "" } of entries) expect(object).not.toContain("{");
  });

  it("keeps a refusal for want of a role with the object that was asked for", async () => {
    const nothing = `Bearer ${await tokenFor()}`;
    const [entry, ...more] = await written(() => wellFormed(ask, route, nothing));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ kind: "refused", subject: "person-1", action: name, code: "ROLE_REQUIRED" });
    expect(entry?.object).not.toContain("{");
    world.clock.advance(60_000);
  });

  it("keeps a refused token without anything of it", async () => {
    const refused = String(refusedHeaders["a stranger's signature"]);
    const [entry] = await written(() => wellFormed(ask, route, refused));
    expect(entry).toMatchObject({ kind: "refused", subject: "nobody", action: name, code: "TOKEN_REFUSED" });
    expect(JSON.stringify(entry)).not.toContain("person-1");
    world.clock.advance(60_000);
  });

  it("gives out and changes nothing while the audit cannot be written", async () => {
    if (kind === undefined) return;
    const before = JSON.stringify(withoutAudit());
    isAway = true;
    const answer = await wellFormed(ask, route, bearer, { id: mailbox, key }).finally(() => {
      isAway = false;
    });
    if (answer.status === 404) return expect(kind).toBe("read");
    expect(answer).toMatchObject({ status: 503, json: { code: "AUDIT_UNAVAILABLE" } });
    expect(JSON.stringify(withoutAudit())).toBe(before);
  });
});

const withoutAudit = () =>
  Object.entries(world.edges.rows.dump()).filter(([name]) => !name.startsWith("audit/") && name !== headRow);

it("is one whole chain in the end", async () => {
  const answer = await ask("GET", "/audit/check", as(bearer));
  expect(answer.json).toMatchObject({ intact: true, complete: true, firstBroken: null });
  const addresses = JSON.stringify(
    Object.entries(world.edges.rows.dump()).filter(([name]) => name.startsWith("audit/")),
  );
  expect(addresses).not.toContain("@");
  expect(addresses).not.toContain("Archive.");
});

it("refuses as ever where storage is away", async () => {
  const away = () => Promise.reject(new MailkeepError("unavailable", "storage is away"));
  await using without = await aWorld({ edges: (edges) => ({ ...edges, ready: away }) });
  const refused = await anApi(without.app, { auth, keys })("GET", "/runs");
  expect(refused).toMatchObject({ status: 401, json: { code: "TOKEN_MISSING" } });
});
