// Exports at the door: asked for, watched, fetched.
import { expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { day } from "../../../lib/core/time.js";
import { aWorld } from "../../build/a-world.js";
import { anApi } from "./an-api.js";

it("is asked for, watched, and fetched with its hash", async () => {
  await using world = await aWorld();
  await world.run(await world.profile());
  const ask = anApi(world.app);
  const asked = await ask("POST", "/exports", { body: { format: "mbox", mailboxes: [world.mailbox().address] } });
  expect(asked).toMatchObject({
    status: 202,
    json: { status: "pending", phase: "planning", result: null, link: null },
  });
  const path = `/exports/${asked.json.id}`;
  expect(asked.headers.get("location")).toBe(`/api/v1${path}`);
  expect(await ask("GET", `${path}/content`)).toMatchObject({ status: 409, json: { code: "EXPORT_NOT_READY" } });
  await world.settle();
  const { json } = await ask("GET", path);
  expect(json).toMatchObject({ status: "succeeded", phase: null, result: { content: `/api/v1${path}/content` } });
  const content = await ask("GET", `${path}/content`);
  expect(content.headers.get("content-type")).toBe("application/zip");
  expect(content.headers.get("content-disposition")).toContain(`filename="mailkeep-${json.id}.zip"`);
  expect(content.headers.get("etag")).toBe(`"${json.result.sha256}"`);
  expect([content.bytes.length, sha256(content.bytes)]).toEqual([json.result.size, json.result.sha256]);
  expect((await ask("GET", "/exports")).json.value).toMatchObject([{ id: json.id }]);
  expect((await ask("POST", `${path}/cancel`)).json).toMatchObject({ status: 409, code: "EXPORT_ENDED" });
});

it.each([
  [{ format: "mbox", mailboxes: ["nobody@contoso.example"] }, "MAILBOX_NOT_FOUND", "mailboxes[0]"],
  [{ format: "zip", mailboxes: ["a"] }, "INVALID_INPUT", "format"],
  [{ format: "mbox" }, "INVALID_INPUT", "mailboxes"],
  [{ format: "mbox", mailboxes: ["a"], odd: 1 }, "INVALID_INPUT", "odd"],
])("refuses %j by the field that is wrong", async (body, code, field) => {
  await using world = await aWorld();
  expect(await anApi(world.app)("POST", "/exports", { body })).toMatchObject({ status: 400, json: { code, field } });
});

it("is removed with everything of it, and goes by itself after 30 days", async () => {
  await using world = await aWorld();
  await world.run(await world.profile());
  const ask = anApi(world.app);
  const asked = async () =>
    (await ask("POST", "/exports", { body: { format: "mbox", mailboxes: [world.mailbox().id] } })).json.id;
  const [done, waiting] = [await asked(), await asked()];
  // One that nobody has begun is gone at once.
  expect((await ask("DELETE", `/exports/${waiting}`)).status).toBe(204);
  expect((await ask("GET", `/exports/${waiting}`)).json.code).toBe("EXPORT_NOT_FOUND");
  await world.settle();
  const { json } = await ask("GET", `/exports/${done}`);
  expect(Date.parse(json.expiresAt) - Date.parse(json.endedAt)).toBe(30 * day);
  expect(world.edges.exports.names()).toEqual([`${done}/mail.zip`]);
  expect((await ask("DELETE", `/exports/${done}`)).status).toBe(204);
  expect(world.edges.exports.names()).toEqual([]);
  expect((await ask("DELETE", `/exports/${done}`)).json.code).toBe("EXPORT_NOT_FOUND");

  const old = await asked();
  await world.settle();
  world.clock.advance(30 * day + 1);
  await world.app.nightly();
  await world.settle();
  expect(world.edges.exports.names()).toEqual([]);
  expect((await ask("GET", `/exports/${old}`)).json).toMatchObject({ status: "succeeded", result: null });
  expect((await ask("GET", `/exports/${old}/content`)).json).toMatchObject({ status: 404, code: "EXPORT_EXPIRED" });
});

it("stops at work when it is removed, and leaves nothing", async () => {
  let early = async () => {};
  await using world = await aWorld({
    edges: (edges) => ({
      ...edges,
      exports: {
        ...edges.exports,
        stageBlock: async (...args) => {
          await early();
          return edges.exports.stageBlock(...args);
        },
      },
    }),
  });
  await world.run(await world.profile());
  const ask = anApi(world.app);
  const { id } = (await ask("POST", "/exports", { body: { format: "eml-zip", mailboxes: [world.mailbox().id] } })).json;
  early = async () => expect((await ask("DELETE", `/exports/${id}`)).status).toBe(204);
  await world.settle();
  expect(world.edges.exports.names()).toEqual([]);
  expect((await ask("GET", `/exports/${id}`)).json.code).toBe("EXPORT_NOT_FOUND");
});
