// The catalogue at the door, and beside every code that an answer carries.
import { expect, it } from "vitest";
import { aWorld } from "../../build/a-world.js";
import { anApi } from "./an-api.js";

it("is listed in pages and found by code, whatever its case", async () => {
  await using world = await aWorld();
  const ask = anApi(world.app);
  const { json } = await ask("GET", "/errors?limit=2");
  expect(json.value).toHaveLength(2);
  const next = await ask("GET", json.nextLink);
  expect(next.json.value[0].code > json.value[1].code).toBe(true);
  const found = await ask("GET", "/errors/erroraccessdenied");
  expect(found.json).toMatchObject({ code: "ErrorAccessDenied", kind: "permission", who: "Exchange Administrator" });
});

it("says so when it has no such code", async () => {
  await using world = await aWorld();
  const { status, json } = await anApi(world.app)("GET", "/errors/ErrorTeapot");
  expect({ status, code: json.code }).toEqual({ status: 404, code: "ERROR_CODE_UNKNOWN" });
  expect(json.fix).toContain("GET /api/v1/errors");
});

it("stands beside the problems of a run and of its mailboxes", async () => {
  await using world = await aWorld();
  const ask = anApi(world.app);
  const { id } = world.mailbox();
  world.tenant.faults.set({ rules: [{ mailbox: id, do: { kind: "forbidden" } }] });
  const unknown = await world.profile({ mailboxes: { mode: "only", mailboxes: [id, "nobody@contoso.example"] } });
  const run = await world.run(unknown);
  const { json } = await ask("GET", `/runs/${run.id}`);
  expect(json.problems).toContainEqual(
    expect.objectContaining({ code: "ADDRESS_NOT_FOUND", fix: expect.stringContaining("spelling") }),
  );
  const parts = await ask("GET", `/runs/${run.id}/mailboxes`);
  expect(parts.json.value[0].problems).toMatchObject([
    { code: "ErrorAccessDenied", cause: expect.stringContaining("scope"), link: expect.stringContaining("learn") },
  ]);
});
