// Schedules that profiles share, as the API deals in them.
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

const nightly = { name: "Nightly", cron: "0 0 1 * * *", timeZone: "Europe/Berlin" };
const etagOf = (answer: { headers: Headers }) => answer.headers.get("etag") ?? "";
const create = (body: object = nightly) => ask("POST", "/schedules", { body });
const user = (name: string, ref: string) =>
  ask("POST", "/profiles", { body: { name, mailboxes: { mode: "all" }, schedule: { ref } } });

it("creates one with its defaults and says where it is", async () => {
  const created = await create();
  expect(created).toMatchObject({ status: 201, json: { ...nightly, description: "", blackouts: [] } });
  expect(created.json.id).toMatch(/^s_[0-9a-f]{16}$/);
  expect(created.headers.get("location")).toBe(`/api/v1/schedules/${created.json.id}`);
  const read = await ask("GET", `/schedules/${created.json.id}`);
  expect(read.json).toEqual(created.json);
  expect(etagOf(read)).toBe(etagOf(created));
  // They are no profiles.
  expect((await ask("GET", "/profiles")).json.value).toEqual([]);
});

it.each([
  ["name", { cron: "0 0 1 * * *" }],
  ["cron", { name: "x" }],
  ["cron", { ...nightly, cron: "0 1 * * *" }],
  ["cron", { ...nightly, cron: "0 0 1 30 2 *" }],
  ["timeZone", { ...nightly, timeZone: "Europe/Atlantis" }],
  ["blackouts[0].to", { ...nightly, blackouts: [{ from: "06:00", to: "06:00" }] }],
  ["blackouts", { ...nightly, blackouts: [{ from: "00:00", to: "24:00" }] }],
  ["ref", { ...nightly, ref: "s_0123456789abcdef" }],
])("refuses by the name of its field what never works: %s", async (field, body) => {
  expect(await create(body)).toMatchObject({ status: 400, json: { field } });
  const { json, headers } = await create();
  const put = await ask("PUT", `/schedules/${json.id}`, { body, headers: { "if-match": etagOf({ headers }) } });
  expect(put).toMatchObject({ status: 400, json: { field } });
});

it("replaces with the current version only, and takes back what it gave out", async () => {
  const created = await create();
  const path = `/schedules/${created.json.id}`;
  const headers = { "if-match": etagOf(created) };
  expect((await ask("PUT", path, { body: nightly })).status).toBe(428);
  const other = { ...created.json, id: "s_0123456789abcdef" };
  expect(await ask("PUT", path, { body: other, headers })).toMatchObject({ status: 400, json: { field: "id" } });
  const changed = await ask("PUT", path, { body: { ...created.json, description: "for all" }, headers });
  expect(changed).toMatchObject({ status: 200, json: { id: created.json.id, description: "for all" } });
  expect(await ask("PUT", path, { body: nightly, headers })).toMatchObject({ status: 412 });
  expect(await ask("DELETE", path, { headers })).toMatchObject({ status: 412 });
  expect((await ask("GET", path)).json.description).toBe("for all");
});

it("lists page after page, each once", async () => {
  for (const name of ["a", "b", "c"]) await create({ ...nightly, name });
  const first = await ask("GET", "/schedules?limit=2");
  const rest = await ask("GET", first.json.nextLink);
  const names = [...first.json.value, ...rest.json.value].map(({ name }) => name);
  expect(names.sort()).toEqual(["a", "b", "c"]);
});

it("is named by profiles, which show the name and not the times", async () => {
  const { json: schedule } = await create();
  const profile = await user("Legal", schedule.id);
  expect(profile).toMatchObject({ status: 201, json: { schedule: { ref: schedule.id } } });
  const read = await ask("GET", `/profiles/${profile.json.id}`);
  expect(read.json.schedule).toEqual({ ref: schedule.id });
  const put = (ref: string) =>
    ask("PUT", `/profiles/${profile.json.id}`, {
      body: { ...read.json, schedule: { ref } },
      headers: { "if-match": etagOf(read) },
    });
  const refused = await put("s_0123456789abcdef");
  expect(refused).toMatchObject({ status: 400, json: { code: "SCHEDULE_NOT_FOUND", field: "schedule.ref" } });
  expect((await put(schedule.id)).status).toBe(200);
});

it("is not removed while profiles name it, and says which", async () => {
  const created = await create();
  const path = `/schedules/${created.json.id}`;
  const headers = { "if-match": etagOf(created) };
  const profiles = [];
  for (let n = 1; n <= 11; n++) profiles.push(await user(`Part ${n}`, created.json.id));
  const refused = await ask("DELETE", path, { headers });
  expect(refused).toMatchObject({ status: 409, json: { code: "SCHEDULE_IN_USE" } });
  const named = profiles.filter(({ json }) => refused.json.detail.includes(`${json.name} (${json.id})`));
  expect(named).toHaveLength(10);
  expect(refused.json.detail).toContain("11 profiles run by the schedule");
  for (const profile of profiles)
    await ask("DELETE", `/profiles/${profile.json.id}`, { headers: { "if-match": etagOf(profile) } });
  expect((await ask("DELETE", path, { headers })).status).toBe(204);
  expect(await ask("GET", path)).toMatchObject({ status: 404, json: { code: "SCHEDULE_NOT_FOUND" } });
});

it("leaves preview and access test of its profiles as they are", async () => {
  await world.app.mailboxes.sync();
  const { json: schedule } = await create();
  const { json: profile } = await user("Legal", schedule.id);
  for (const call of ["preview", "test"])
    expect((await ask("POST", `/profiles/${profile.id}/${call}`)).status, call).toBe(200);
  const draft = { mailboxes: { mode: "all" }, schedule: { ref: schedule.id } };
  expect((await ask("POST", "/profiles/preview", { body: draft })).status).toBe(200);
});
