// Versions as Table Storage spells them, through the door and back.
import { expect, it } from "vitest";
import { aWorld } from "../../build/a-world.js";
import { openAzuriteStorage } from "../../contract/azurite-storage.js";
import { anApi } from "./an-api.js";

it("knows the current version of a profile from every other one, well-formed or not", async () => {
  const { rows } = await openAzuriteStorage();
  await using world = await aWorld({ edges: (edges) => ({ ...edges, rows }) });
  const ask = anApi(world.app);
  const body = { name: "Legal", mailboxes: { mode: "all" } };
  const created = await ask("POST", "/profiles", { body });
  const path = `/profiles/${created.json.id}`;
  const version = created.headers.get("etag") ?? "";
  for (const other of ['"not-of-storage"', 'W/"0"', version.replace(/datetime'..../, "datetime'1999")])
    for (const method of ["PUT", "DELETE"] as const) {
      const refused = await ask(method, path, { headers: { "if-match": other }, ...(method === "PUT" && { body }) });
      expect(refused, `${method} ${other}`).toMatchObject({ status: 412, json: { code: "PRECONDITION_FAILED" } });
    }
  const changed = await ask("PUT", path, { body: { ...body, name: "Law" }, headers: { "if-match": version } });
  expect(changed).toMatchObject({ status: 200, json: { name: "Law" } });
  const headers = { "if-match": changed.headers.get("etag") ?? "" };
  expect((await ask("DELETE", path, { headers })).status).toBe(204);
});
