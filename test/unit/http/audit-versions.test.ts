// What was changed can be put back: the audit keeps it as it was before, and as it is since, under hashes that the chain names.
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { MailkeepError } from "../../../lib/core/errors.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { aWorld, type World } from "../../build/a-world.js";
import { type Answered, type Ask, anApi } from "./an-api.js";

let world: World;
let ask: Ask;
let isFull = false;
beforeAll(async () => {
  const bounded = (rows: RowStore): RowStore => ({
    ...rows,
    insert: (table, key, values) =>
      isFull && key.partition === "versions"
        ? Promise.reject(new MailkeepError("unavailable", "tables are away"))
        : rows.insert(table, key, values),
  });
  world = await aWorld({ tenant: { messagesPerMailbox: 0 }, edges: (e) => ({ ...e, rows: bounded(e.rows) }) });
  ask = anApi(world.app);
});
beforeEach(() => {
  isFull = false;
});
afterAll(() => world[Symbol.asyncDispose]());

const wanted = { name: "Legal", mailboxes: { mode: "all" } };
const ifMatch = ({ headers }: Answered) => ({ "if-match": headers.get("etag") ?? "" });
const version = async (hash: string) => (await ask("GET", `/audit/versions/${hash}`)).json;

/** The entries of a change of this object, oldest first. */
async function entriesOf(action: string, id: string) {
  const { value } = (await ask("GET", `/audit?object=${id}`)).json;
  return value.filter((entry: { action: string }) => entry.action === action).reverse();
}

it.each([
  ["profile", "/profiles", wanted, { name: "Law" }],
  ["schedule", "/schedules", { name: "Nightly", cron: "0 0 1 * * *" }, { cron: "0 0 2 * * *" }],
])("a changed %s is kept as it was and as it is, and can be put back", async (_, path, body, change) => {
  const created = await ask("POST", path, { body });
  const place = `${path}/${created.json.id}`;
  world.clock.advance(1_000);
  const changed = await ask("PUT", place, { body: { ...created.json, ...change }, headers: ifMatch(created) });
  const action = path === "/profiles" ? "replaceProfile" : "replaceSchedule";
  const [asked, done] = await entriesOf(action, created.json.id);
  expect([asked.outcome, done.outcome]).toEqual(["asked", "done"]);
  expect(done.before).toBe(asked.before);
  expect(await version(asked.before)).toEqual({ sha256: asked.before, intact: true, body: created.json });
  expect((await version(done.after)).body).toEqual(changed.json);
  const { body: before } = await version(asked.before);
  const back = await ask("PUT", place, { body: before, headers: ifMatch(changed) });
  expect(back.json).toMatchObject(body);
  const made = (await entriesOf(action.replace("replace", "create"), created.json.id))[0];
  expect(made).toMatchObject({ outcome: "done", after: asked.before });
  expect(made.before).toBeUndefined();
});

it("a removed profile is kept, and can be made again", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  await ask("DELETE", `/profiles/${created.json.id}`, { headers: ifMatch(created) });
  const [asked, done] = await entriesOf("deleteProfile", created.json.id);
  expect(done).toMatchObject({ outcome: "done", before: asked.before });
  expect(done.after).toBeUndefined();
  const { id: _, createdAt: _1, updatedAt: _2, ...body } = (await version(asked.before)).body;
  expect(await ask("POST", "/profiles", { body })).toMatchObject({ status: 201, json: wanted });
});

it("a connection is kept from its beginning", async () => {
  const { tenantId, baseUrl } = world.tenant;
  const identity = { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" };
  const hosts = { graphBaseUrl: baseUrl, exchangeBaseUrl: baseUrl, loginBaseUrl: baseUrl };
  const body = { tenantId, identity, ...hosts, description: "first" };
  const created = await ask("PUT", "/connections/other", { body, headers: { "if-none-match": "*" } });
  expect(created.status).toBe(201);
  const changed = await ask("PUT", "/connections/other", {
    body: { ...body, description: "second" },
    headers: ifMatch(created),
  });
  expect(changed.status).toBe(200);
  const [first, made, asked, done] = await entriesOf("putConnection", "connections/other");
  expect(first.before).toBeUndefined();
  expect((await version(made.after)).body).toMatchObject({ description: "first" });
  expect((await version(asked.before)).body).toEqual((await version(made.after)).body);
  expect((await version(done.after)).body).toMatchObject({ description: "second" });
});

it("a change that is refused replaces nothing, and says so", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  const late = await ask("PUT", `/profiles/${created.json.id}`, { body: wanted, headers: { "if-match": '"old"' } });
  expect(late.status).toBe(412);
  const [asked, failed] = await entriesOf("replaceProfile", created.json.id);
  expect(failed).toMatchObject({ outcome: "failed" });
  expect([asked.before, failed.before, failed.after]).toEqual([undefined, undefined, undefined]);
  expect((await ask("PUT", "/profiles/p_0123456789abcdef", { body: wanted, headers: ifMatch(created) })).status).toBe(
    404,
  );
});

it("nothing is changed whose state before cannot be kept", async () => {
  // No state that is kept already: this one was never written.
  const id = await world.profile({ name: "Unseen" });
  const read = await ask("GET", `/profiles/${id}`);
  isFull = true;
  const refused = await ask("PUT", `/profiles/${id}`, { body: { ...wanted, name: "Lost" }, headers: ifMatch(read) });
  expect(refused).toMatchObject({ status: 503, json: { code: "AUDIT_UNAVAILABLE" } });
  expect((await ask("GET", `/profiles/${id}`)).json.name).toBe("Unseen");
});

it("shows when somebody has put another text in its place, or removed it; the chain is whole all the same", async () => {
  const { json } = await ask("POST", "/profiles", { body: wanted });
  const [made] = await entriesOf("createProfile", json.id);
  const key = { partition: "versions", row: made.after };
  const row = await world.edges.rows.get("audit", key);
  const forged = String(row?.values.json0).replace("Legal", "Lagal");
  await world.edges.rows.upsert("audit", key, { ...row?.values, json0: forged });
  expect(await version(made.after)).toMatchObject({ intact: false, body: { name: "Lagal" } });
  await world.edges.rows.upsert("audit", key, { ...row?.values, json0: "{" });
  expect(await ask("GET", `/audit/versions/${made.after}`)).toMatchObject({
    status: 500,
    json: { code: "VERSION_DAMAGED" },
  });
  const now = await world.edges.rows.get("audit", key);
  await world.edges.rows.delete("audit", key, now?.etag ?? "");
  const gone = await ask("GET", `/audit/versions/${made.after}`);
  expect(gone).toMatchObject({ status: 404, json: { code: "VERSION_NOT_FOUND" } });
  expect((await ask("GET", "/audit/check")).json).toMatchObject({ intact: true });
  expect(await ask("GET", "/audit/versions/abc")).toMatchObject({ status: 400, json: { code: "INVALID_ID" } });
});
