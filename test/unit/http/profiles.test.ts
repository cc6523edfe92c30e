import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { aWorld, type World } from "../../build/a-world.js";
import { type Ask, anApi } from "./an-api.js";

let world: World;
let ask: Ask;
beforeAll(async () => {
  world = await aWorld();
  ask = anApi(world.app);
});
beforeEach(() => world.edges.rows.lose("profiles"));
afterAll(() => world[Symbol.asyncDispose]());

const wanted = { name: "Legal", mailboxes: { mode: "all" } };
const etagOf = (answer: { headers: Headers }) => answer.headers.get("etag") ?? "";

it("creates a profile with its defaults and says where it is", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  expect(created.status).toBe(201);
  expect(created.json).toMatchObject({ ...wanted, enabled: true, schedule: null, deletion: { mode: "none" } });
  const location = created.headers.get("location") ?? "";
  expect(location).toBe(`/api/v1/profiles/${created.json.id}`);
  const read = await ask("GET", `/profiles/${created.json.id}`);
  expect(read.json).toEqual(created.json);
  expect(etagOf(read)).toBe(etagOf(created));
});

it("replaces with the current version only", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  const path = `/profiles/${created.json.id}`;
  const ifMatch = { "if-match": etagOf(created) };
  const changed = await ask("PUT", path, { body: { ...wanted, name: "Law" }, headers: ifMatch });
  expect(changed).toMatchObject({ status: 200, json: { name: "Law", id: created.json.id } });
  expect(etagOf(changed)).not.toBe(etagOf(created));
  const late = await ask("PUT", path, { body: { ...wanted, name: "Late" }, headers: ifMatch });
  expect(late).toMatchObject({ status: 412, json: { code: "PRECONDITION_FAILED" } });
  expect((await ask("GET", path)).json.name).toBe("Law");
});

it("takes back what it gave out", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  const path = `/profiles/${created.json.id}`;
  const headers = { "if-match": etagOf(created) };
  const other = { ...created.json, id: "p_0123456789abcdef" };
  expect(await ask("PUT", path, { body: other, headers })).toMatchObject({ status: 400, json: { field: "id" } });
  const same = await ask("PUT", path, { body: { ...created.json, createdAt: "1999-01-01T00:00:00Z" }, headers });
  expect(same.status).toBe(200);
  expect(same.json.createdAt).toBe(created.json.createdAt);
});

it("deletes with the current version only", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  const path = `/profiles/${created.json.id}`;
  expect((await ask("DELETE", path)).json.code).toBe("PRECONDITION_REQUIRED");
  expect((await ask("DELETE", path, { headers: { "if-match": '"not-ours"' } })).status).toBe(412);
  const done = await ask("DELETE", path, { headers: { "if-match": etagOf(created) } });
  expect(done).toMatchObject({ status: 204, bytes: Buffer.alloc(0) });
  expect(await ask("GET", path)).toMatchObject({ status: 404, json: { code: "PROFILE_NOT_FOUND" } });
});

it.each([
  ["no version", {}, 428],
  ["an empty version", { "if-match": "" }, 428],
  ["any version", { "if-match": "*" }, 400],
  ["two versions", { "if-match": '"a", "b"' }, 400],
  ["no quotes", { "if-match": "abc" }, 400],
])("refuses a change with %s", async (_, headers, status) => {
  const { json } = await ask("POST", "/profiles", { body: wanted });
  const refused = await ask("PUT", `/profiles/${json.id}`, { body: wanted, headers });
  expect(refused).toMatchObject({ status, json: { field: "If-Match" } });
});

it("runs a profile, once at a time", async () => {
  const { json: profile } = await ask("POST", "/profiles", { body: wanted });
  const first = await ask("POST", `/profiles/${profile.id}/run`);
  expect(first).toMatchObject({ status: 202, json: { profile: profile.id, status: "pending" } });
  expect(first.headers.get("location")).toBe(`/api/v1/runs/${first.json.id}`);
  const again = await ask("POST", `/profiles/${profile.id}/run`, { body: {} });
  expect(again).toMatchObject({ status: 202, json: { id: first.json.id } });
  const wish = await ask("POST", `/profiles/${profile.id}/run`, { body: { dryRun: true } });
  expect(wish).toMatchObject({ status: 400, json: { field: "dryRun" } });
});

it("lists page after page, each profile once", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) await ask("POST", "/profiles", { body: { ...wanted, name } });
  const names: string[] = [];
  let next: string | undefined = "/profiles?limit=2";
  for (let pages = 0; next !== undefined && pages < 9; pages++) {
    const { json } = await ask("GET", next);
    expect(json.value.length).toBeLessThanOrEqual(2);
    names.push(...json.value.map(({ name }: { name: string }) => name));
    next = json.nextLink;
  }
  expect(names.sort()).toEqual(["a", "b", "c", "d", "e"]);
});

it("loses nothing when two administrators change it at once", async () => {
  const created = await ask("POST", "/profiles", { body: wanted });
  const path = `/profiles/${created.json.id}`;
  const headers = { "if-match": etagOf(created) };
  const put = (name: string) => ask("PUT", path, { body: { ...wanted, name }, headers });
  const answers = await Promise.all([put("Anna's"), put("Ben's"), put("Cora's")]);
  const kept = answers.filter(({ status }) => status === 200);
  expect(kept).toHaveLength(1);
  expect(answers.filter(({ status, json }) => status === 412 && json.code === "PRECONDITION_FAILED")).toHaveLength(2);
  const now = await ask("GET", path);
  expect(now.json.name).toBe(kept[0]?.json.name);
  // Whoever came late reads, and repeats the change on what is there.
  const again = await ask("PUT", path, {
    body: { ...now.json, description: "both" },
    headers: { "if-match": etagOf(now) },
  });
  expect(again.json).toMatchObject({ name: now.json.name, description: "both" });
});

const longNames = (count: number, name: (n: number) => string) => ({
  ...wanted,
  mailboxes: { mode: "only", mailboxes: Array.from({ length: count }, (_, n) => name(n)) },
});

it("keeps a profile that names ten thousand mailboxes by long addresses", async () => {
  const body = longNames(
    10_000,
    (n) => `firstname.middlename.lastname.${n}@subsidiary.department.contoso-international.example`,
  );
  const created = await ask("POST", "/profiles", { body });
  expect(created.status).toBe(201);
  expect((await ask("GET", `/profiles/${created.json.id}`)).json).toEqual(created.json);
});

it("refuses by name what no row can hold", async () => {
  const noise = createHash("shake256", { outputLength: 750_000 }).update("noise").digest("base64url");
  const body = longNames(10_000, (n) => `x${noise.slice(n * 60, (n + 1) * 60)}x@x.example`);
  const refused = await ask("POST", "/profiles", { body });
  expect(refused).toMatchObject({ status: 413, json: { code: "PROFILE_TOO_LARGE", field: "mailboxes.mailboxes" } });
});

it.each([
  ["name", { ...wanted, name: "Leg\u0000al" }],
  ["name", '{"name":"Leg\\ud800al","mailboxes":{"mode":"all"}}'],
  ["description", { ...wanted, description: "\u0000" }],
  [
    "mailboxes.mailboxes[1]",
    { ...wanted, mailboxes: { mode: "only", mailboxes: ["a@x.example", "\udc00b@x.example"] } },
  ],
  ["folders.include[0]", { ...wanted, folders: { include: ["/In\u0000box"] } }],
  ["schedule.cron", { ...wanted, schedule: { cron: "0 0 1 * * *\u0000" } }],
  [
    "schedule.blackouts[0].from",
    { ...wanted, schedule: { cron: "0 0 1 * * *", blackouts: [{ from: "25:00", to: "06:00" }] } },
  ],
  [
    "schedule.blackouts[0].to",
    { ...wanted, schedule: { cron: "0 0 1 * * *", blackouts: [{ from: "06:00", to: "06:00" }] } },
  ],
  ["schedule.blackouts", { ...wanted, schedule: { cron: "0 0 1 * * *", blackouts: [{ from: "00:00", to: "24:00" }] } }],
  ["connection", { ...wanted, connection: "nowhere" }],
])("refuses by the name of its field what cannot be kept or never works: %s", async (field, body) => {
  expect(await ask("POST", "/profiles", { body })).toMatchObject({ status: 400, json: { field } });
});

it("refuses a body that is nested without end", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(await ask("POST", "/profiles", { body: deep })).toMatchObject({
    status: 400,
    json: { code: "INVALID_INPUT" },
  });
});
