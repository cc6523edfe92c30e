// Connections of the settings: made once by name, and never against the word of the API.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryBlobStore } from "../../lib/adapters/memory/blob-store.js";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import { composeApp } from "../../lib/app.js";
import { loadConfig } from "../../lib/config.js";
import { readSeeds, type SeedText } from "../../lib/connections/seed.js";
import { openEdges } from "../../lib/edges.js";
import { anApi } from "../unit/http/an-api.js";

const graphBaseUrl = "http://127.0.0.1:4010";
const fabrikam = {
  tenantId: "fabrikam.com",
  graphBaseUrl,
  identity: { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" },
};
const rules = { inAzure: false, allowSecrets: false, homeTenantId: undefined, staticTokens: ["GRAPH_STATIC_TOKEN"] };
const text = (json: unknown, source = "CONNECTIONS"): SeedText => ({ source, text: JSON.stringify(json) });

const aStorage = () => ({ rows: memoryRowStore(), blobs: memoryBlobStore(() => new Date()) });

/** The app as it starts with these settings, over storage that outlives it. */
async function started(storage: ReturnType<typeof aStorage>, settings: Record<string, string>) {
  const config = loadConfig({
    ...{ ARCHIVE_STORAGE: "UseDevelopmentStorage=true", GRAPH_BASE_URL: graphBaseUrl, GRAPH_STATIC_TOKEN: "x" },
    ...settings,
  });
  const edges = await openEdges(config, () => {});
  return anApi(composeApp({ ...edges, ...storage, removal: storage.blobs.removal, ready: async () => {} }));
}

describe("connections of the settings", () => {
  it("are there at the first question, untested, and the API's word holds from then on", async () => {
    const storage = aStorage();
    const settings = {
      CONNECTIONS: JSON.stringify({ Fabrikam: { ...fabrikam, description: "seeded" }, Other: fabrikam }),
    };
    const first = await started(storage, settings);
    const read = await first("GET", "/connections/fabrikam");
    expect(read).toMatchObject({ status: 200, json: { id: "Fabrikam", description: "seeded", state: "untested" } });

    const etag = read.headers.get("etag") ?? "";
    const headers = { "if-match": etag };
    await first("PUT", "/connections/Fabrikam", { body: { ...fabrikam, description: "by hand" }, headers });
    const other = await first("GET", "/connections/Other");
    await first("DELETE", "/connections/Other", { headers: { "if-match": other.headers.get("etag") ?? "" } });

    const second = await started(storage, settings);
    expect((await second("GET", "/connections/Fabrikam")).json).toMatchObject({ description: "by hand" });
    expect((await second("GET", "/connections/Other")).status).toBe(404);
  });

  it("leave one alone that the API made before", async () => {
    const storage = aStorage();
    const headers = { "if-none-match": "*" };
    const before = await started(storage, {});
    const made = await before("PUT", "/connections/fabrikam", {
      body: { ...fabrikam, description: "by hand" },
      headers,
    });
    expect(made.json).toMatchObject({ id: "fabrikam" });
    const ask = await started(storage, { CONNECTIONS: JSON.stringify({ FABRIKAM: fabrikam }) });
    expect((await ask("GET", "/connections/FABRIKAM")).json).toMatchObject({ id: "fabrikam", description: "by hand" });
  });

  it("may stand in a file, after the setting", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mailkeep-seed-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "connections.json");
    writeFileSync(path, JSON.stringify({ Fabrikam: { ...fabrikam, description: "file" }, More: fabrikam }));
    const setting = JSON.stringify({ fabrikam: { ...fabrikam, description: "setting" } });
    const ask = await started(aStorage(), { CONNECTIONS: setting, CONNECTIONS_FILE: path });
    expect((await ask("GET", "/connections")).json.value).toMatchObject([
      { id: "default" },
      { id: "fabrikam", description: "setting" },
      { id: "More" },
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ["a bad name", { "1st": fabrikam }, /CONNECTIONS\.1st: /],
    ["the name of the settings' own", { Default: fabrikam }, /CONNECTIONS\.Default: default is/],
    ["an unknown field", { Fabrikam: { ...fabrikam, secret: "hunter2" } }, /CONNECTIONS\.Fabrikam: /],
    ["no identity", { Fabrikam: { tenantId: "fabrikam.com" } }, /CONNECTIONS\.Fabrikam\.identity: /],
    [
      "a host that gets no token",
      { Fabrikam: { ...fabrikam, graphBaseUrl: "https://evil.example" } },
      /graphBaseUrl must/,
    ],
    ["no object", ["Fabrikam"], /CONNECTIONS/],
  ])("stop the start with %s, and are not quoted", (_, json, said) => {
    const reading = () => readSeeds([text(json)], rules);
    expect(reading).toThrow(said);
    expect(reading).not.toThrow(/hunter2/);
  });

  it("stop the start when they are no JSON, or no file", async () => {
    expect(() => readSeeds([{ source: "CONNECTIONS", text: "{" }], rules)).toThrow(/CONNECTIONS: /);
    await expect(started(aStorage(), { CONNECTIONS_FILE: "/nowhere.json" })).rejects.toThrow(
      /CONNECTIONS_FILE: .*ENOENT/,
    );
  });
});
