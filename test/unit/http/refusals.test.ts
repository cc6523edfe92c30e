// What comes through the door must be well-formed to the last field; whatever is wrong is named.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aWorld, type World } from "../../build/a-world.js";
import { type Ask, anApi, origin } from "./an-api.js";

let world: World;
let ask: Ask;
beforeAll(async () => {
  world = await aWorld();
  ask = anApi(world.app);
});
afterAll(() => world[Symbol.asyncDispose]());

const whole = { name: "Legal", mailboxes: { mode: "all" } };
const fieldsOf = ({ json }: { json: { errors?: { field: string }[] } }) => json.errors?.map(({ field }) => field);

describe("the body of a profile", () => {
  it.each([
    ["a missing name", { mailboxes: { mode: "all" } }, ["name"]],
    ["a missing mailboxes", { name: "x" }, ["mailboxes"]],
    ["an unknown field", { ...whole, colour: "red" }, ["colour"]],
    ["an unknown field within", { ...whole, folders: { inclde: ["/"] } }, ["folders.inclde"]],
    ["an item of a list", { ...whole, folders: { include: ["/", "Inbox"] } }, ["folders.include[1]"]],
    [
      "several at once",
      { name: "", mailboxes: { mode: "some" }, enabled: "yes" },
      ["name", "mailboxes.mode", "enabled"],
    ],
    ["a prototype", '{"name":"x","mailboxes":{"mode":"all"},"__proto__":{"enabled":false}}', ["__proto__"]],
    ["a filter that nothing fits", { ...whole, filter: { minSize: 5, maxSize: 4 } }, ["filter.maxSize"]],
    ["a schedule that cannot be read", { ...whole, schedule: { cron: "0 0 25 * * *" } }, ["schedule.cron"]],
    ["a schedule of neither shape", { ...whole, schedule: {} }, ["schedule.cron"]],
    ["a schedule named by no id", { ...whole, schedule: { ref: "nightly" } }, ["schedule.ref"]],
    ["a schedule that is not there", { ...whole, schedule: { ref: "s_0123456789abcdef" } }, ["schedule.ref"]],
    [
      "a schedule with one wrong word",
      { ...whole, schedule: { cron: "0 0 1 * * *", timezone: "Etc/UTC" } },
      ["schedule.timezone"],
    ],
    [
      "a schedule both named and written out",
      { ...whole, schedule: { ref: "s_0123456789abcdef", cron: "0 0 1 * * *" } },
      ["schedule.ref"],
    ],
    [
      "a schedule wrong in many places",
      {
        ...whole,
        schedule: {
          cron: 1,
          blackouts: [
            { from: "x", to: "y" },
            { from: "1", to: "24:01", days: [] },
          ],
        },
      },
      [
        "schedule.cron",
        "schedule.blackouts[0].from",
        "schedule.blackouts[0].to",
        "schedule.blackouts[1].from",
        "schedule.blackouts[1].to",
        "schedule.blackouts[1].days",
      ],
    ],
  ])("with %s is refused by name", async (_, body, fields) => {
    const refused = await ask("POST", "/profiles", { body });
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused)?.sort()).toEqual([...fields].sort());
    expect(fields).toContain(refused.json.field);
  });

  it("says of a value with several spellings what would be one", async () => {
    const body = { format: "mbox", profile: "p_0123456789abcdef", from: "yesterday" };
    const { json } = await ask("POST", "/exports", { body });
    expect(json.errors).toContainEqual({ field: "from", message: "is not an ISO 8601 date or time" });
  });

  it("says that what is missing is required", async () => {
    const { json } = await ask("POST", "/profiles", { body: {} });
    expect(json.errors).toContainEqual({ field: "name", message: "is required" });
  });

  it.each([
    ["[1]", 400, "INVALID_INPUT"],
    ["null", 400, "INVALID_INPUT"],
    ["{bad", 400, "INVALID_JSON"],
    ["", 400, "INVALID_JSON"],
    [`{"name":"${"x".repeat(1024 * 1024)}"}`, 413, "BODY_TOO_LARGE"],
  ])("%.10s is refused", async (body, status, code) => {
    expect(await ask("POST", "/profiles", { body })).toMatchObject({ status, json: { code } });
  });

  it("stops reading at the limit, whatever the length header says", async () => {
    const body = `{"name":"${"x".repeat(1024 * 1024)}"}`;
    const lied = await ask("POST", "/profiles", { body, headers: { "content-length": "10" } });
    expect(lied.status).toBe(413);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "as %s is refused",
    async (type) => {
      const refused = await ask("POST", "/profiles", { body: whole, headers: { "content-type": type } });
      expect(refused).toMatchObject({ status: 415, json: { code: "UNSUPPORTED_MEDIA_TYPE" } });
    },
  );

  it("may name its charset", async () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await ask("POST", "/profiles", { body: whole, headers })).status).toBe(201);
  });

  it("repeats no endless field name", async () => {
    const { json } = await ask("POST", "/profiles", { body: { ...whole, ["x".repeat(100_000)]: 1 } });
    expect(JSON.stringify(json).length).toBeLessThan(1_000);
  });
});

describe("the query of a list", () => {
  it.each([
    ["/runs?limit=0", ["limit"]],
    ["/runs?limit=1001", ["limit"]],
    ["/runs?limit=1e2", ["limit"]],
    ["/runs?limit=", ["limit"]],
    ["/runs?limit=-5", ["limit"]],
    ["/runs?limit=5&limit=6", ["limit"]],
    ["/runs?profile=x", ["profile"]],
    ["/runs?sort=asc&page=2", ["sort", "page"]],
    ["/runs?cursor=%27%20or%201", ["cursor"]],
    [`/runs?cursor=${"A".repeat(2_000)}`, ["cursor"]],
    ["/mailboxes?cursor=AAAA", ["cursor"]],
    ["/health?verbose=1", ["verbose"]],
  ])("%.40s is refused by name", async (path, fields) => {
    const refused = await ask("GET", path);
    expect(refused).toMatchObject({ status: 400, json: { code: "INVALID_INPUT" } });
    expect(fieldsOf(refused)).toEqual(fields);
  });

  it.each(["/runs?limit=1", "/runs?limit=1000", "/mailboxes", "/profiles?limit=100"])("%s is fine", async (path) => {
    expect((await ask("GET", path)).status).toBe(200);
  });
});

describe("an id", () => {
  it.each([
    ["/runs/1", "id"],
    ["/runs/r_1%27", "id"],
    ["/profiles/p_XYZ", "id"],
    ["/mailboxes/a%2Fb", "id"],
    ["/mailboxes/..%5c", "id"],
    [`/mailboxes/${"a".repeat(65)}`, "id"],
    ["/mailboxes/anna@contoso.example", "id"],
    ["/mailboxes/a1/messages/nope", "key"],
    [`/mailboxes/a1/messages/${"0".repeat(32)}/attachments/one`, "number"],
    [`/mailboxes/a1/messages/${"0".repeat(32)}/attachments/0`, "number"],
    [`/mailboxes/a1/messages/${"0".repeat(32)}/attachments/10000`, "number"],
  ])("%.40s is refused by name", async (path, field) => {
    expect(await ask("GET", path)).toMatchObject({ status: 400, json: { code: "INVALID_ID", field } });
  });

  it("is looked at before the body", async () => {
    expect(await ask("POST", "/profiles/x/run", { body: "{bad" })).toMatchObject({ json: { code: "INVALID_ID" } });
  });

  it.each([
    ["/runs/r_0000000000000_00000000", "RUN_NOT_FOUND"],
    ["/runs/r_0000000000000_00000000/mailboxes", "RUN_NOT_FOUND"],
    ["/profiles/p_0000000000000000", "PROFILE_NOT_FOUND"],
    ["/mailboxes/nobody", "MAILBOX_NOT_FOUND"],
    ["/mailboxes/nobody/folders", "MAILBOX_NOT_FOUND"],
    ["/mailboxes/nobody/quarantine", "MAILBOX_NOT_FOUND"],
    ["/mailboxes/nobody/messages", "MAILBOX_NOT_FOUND"],
    [`/mailboxes/nobody/messages/${"0".repeat(32)}`, "MESSAGE_NOT_FOUND"],
    [`/mailboxes/nobody/messages/${"0".repeat(32)}/eml`, "MESSAGE_NOT_FOUND"],
    [`/mailboxes/nobody/messages/${"0".repeat(32)}/attachments`, "MESSAGE_NOT_FOUND"],
    ["/connections/other", "CONNECTION_NOT_FOUND"],
  ])("%.40s that nothing has is not found", async (path, code) => {
    expect(await ask("GET", path)).toMatchObject({ status: 404, json: { code, instance: `/api/v1${path}` } });
  });
});

describe("a path", () => {
  it("that is not there is not found", async () => {
    expect(await ask("GET", "/nothing/here")).toMatchObject({ status: 404, json: { code: "ROUTE_NOT_FOUND" } });
  });

  it("tells which methods it takes", async () => {
    const refused = await ask("PATCH", "/profiles/p_0000000000000000");
    expect(refused).toMatchObject({ status: 405, json: { code: "METHOD_NOT_ALLOWED" } });
    expect(refused.headers.get("allow")).toBe("GET, PUT, DELETE");
    expect((await ask("PUT", "/connections")).status).toBe(405);
  });
});

describe("the local mode", () => {
  it.each([
    ["another name", `http://archive.example/api/v1/profiles`, {}],
    ["another Host", `${origin}/api/v1/profiles`, { host: "archive.example" }],
    ["another forwarded host", `${origin}/api/v1/profiles`, { "x-forwarded-host": "archive.example" }],
    ["a page of another site", `${origin}/api/v1/profiles`, { origin: "https://evil.example" }],
    ["a page without an origin", `${origin}/api/v1/profiles`, { origin: "null" }],
    ["a tunnel", `${origin}/api/v1/profiles`, { "x-forwarded-for": "203.0.113.9" }],
    ["an address that only looks local", "http://127.0.0.1.evil.example/api/v1/profiles", {}],
  ])("refuses %s", async (_, path, headers) => {
    expect(await ask("GET", path, { headers })).toMatchObject({ status: 403, json: { code: "NOT_LOOPBACK" } });
  });

  it.each([
    ["localhost", "http://localhost:7071/api/v1/profiles", {}],
    ["IPv6", "http://[::1]:7071/api/v1/profiles", {}],
    ["a page of this machine", `${origin}/api/v1/profiles`, { origin: "http://localhost:3000" }],
    ["a proxy on this machine", `${origin}/api/v1/profiles`, { "x-forwarded-for": "127.0.0.1, ::1" }],
  ])("lets in %s", async (_, path, headers) => {
    expect((await ask("GET", path, { headers })).status).toBe(200);
  });
});
