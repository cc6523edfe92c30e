// Too much and too little in the token of the identity that only reads.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectedRights, judgeRights } from "../../../lib/access/rights.js";
import { libraries, oldestNode } from "../../../lib/runtime.js";
import { aWorld } from "../../build/a-world.js";
import { anApi } from "../http/an-api.js";

const needed = expectedRights("reader").map(({ value }) => value);

it("is content with exactly what is needed, and says nothing of a token that says nothing", () => {
  expect(judgeRights("reader", needed)).toEqual({ held: needed, missing: [], extra: [] });
  expect(judgeRights("reader", undefined)).toEqual({ held: null, missing: [], extra: [] });
});

it.each([
  ["Mail.ReadWrite", true],
  ["Mail.Send", true],
  ["full_access_as_app", true],
  ["Directory.ReadWrite.All", true],
  ["Directory.Read.All", true],
  ["Exchange.ManageAsApp", true],
  ["Sites.FullControl.All", true],
  ["Calendars.Read", false],
])("names %s as more than is needed", (value, isDangerous) => {
  const { extra, missing } = judgeRights("reader", [...needed, value]);
  expect(extra).toEqual([{ value, isDangerous }]);
  expect(missing).toEqual([]);
});

it("tells what Exchange may give for chosen mailboxes from what only a grant can give", () => {
  const { missing } = judgeRights("reader", []);
  expect(missing).toContainEqual({ value: "Mail.Read", mayBeScoped: true });
  expect(missing).toContainEqual({ value: "User.Read.All", mayBeScoped: false });
});

it("warns in GET /health and stays well", async () => {
  await using world = await aWorld({
    edges: (edges) => ({ ...edges, tokenRoles: async () => ["Mail.Read", "MailboxSettings.Read", "Mail.Send"] }),
  });
  const { status, json } = await anApi(world.app)("GET", "/health");
  expect({ status, well: json.status }).toEqual({ status: 200, well: "ok" });
  expect(json.warnings).toEqual([
    {
      code: "RIGHT_TOO_MUCH",
      connection: "default",
      message: expect.stringContaining("Mail.Send, which is dangerous"),
    },
    {
      code: "RIGHT_MISSING",
      connection: "default",
      message: expect.stringContaining("User.Read.All is not in the token of the identity that only reads; grant it"),
    },
  ]);
  expect(json.rights[0]).toMatchObject({ identity: "reader", held: expect.any(Array), expected: needed });
  expect(json.runtime).toMatchObject({ node: process.versions.node, interfaces: { graph: "v1.0" } });
});

it("shows the second identity's rights beside the first's, and what is too much or missing there", async () => {
  const writerFacts = async () => ({ roles: ["Mail.Read", "Mail.Send"] });
  await using world = await aWorld({ edges: (edges) => ({ ...edges, writerFacts }) });
  const { json } = await anApi(world.app)("GET", "/health");
  const [reader, writer] = json.rights;
  expect(reader).toMatchObject({ connection: "default", identity: "reader" });
  expect(writer).toMatchObject({
    ...{ connection: "default", identity: "writer", expected: ["Mail.ReadWrite"], held: ["Mail.Read", "Mail.Send"] },
    missing: [{ value: "Mail.ReadWrite", mayBeScoped: true }],
    extra: [
      { value: "Mail.Send", isDangerous: true },
      { value: "Mail.Read", isDangerous: false },
    ],
  });
  const told = json.warnings.map(({ code, message }: { code: string; message: string }) => `${code} ${message}`);
  expect(told).toContainEqual(
    expect.stringMatching(/^RIGHT_TOO_MUCH the second identity holds Mail\.Send, which is dang/),
  );
  expect(told).toContainEqual(
    expect.stringMatching(/^RIGHT_MISSING Mail\.ReadWrite .* of the second identity: fine if/),
  );
});

it("has no rights to show of a second identity that there is not, or that gets no token", async () => {
  await using alone = await aWorld({ edges: ({ writerFacts: _, ...edges }) => edges });
  expect((await anApi(alone.app)("GET", "/health")).json.rights).toHaveLength(1);
  const writerFacts = () => Promise.reject(new Error("no token"));
  await using refused = await aWorld({ edges: (edges) => ({ ...edges, writerFacts }) });
  expect((await anApi(refused.app)("GET", "/health")).json.rights[1]).toMatchObject({ identity: "writer", held: null });
});

it("says the versions that are installed", () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
  for (const [name, version] of Object.entries(libraries)) expect(manifest.dependencies[name], name).toBe(version);
  const isSdk = (name: string) => /^@(azure|microsoft)\//.test(name);
  for (const name of Object.keys(manifest.dependencies).filter(isSdk)) expect(libraries).toHaveProperty([name]);
  expect(oldestNode).toBeGreaterThanOrEqual(22);
});
