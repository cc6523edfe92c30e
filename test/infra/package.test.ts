// What is deployed: built here, started the way Azure's worker starts it, with the settings it has there.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../../infra/package.mjs";

const root = join(import.meta.dirname, "../..");
const out = mkdtempSync(join(tmpdir(), "mailkeep-package-"));
const settings = {
  ARCHIVE_STORAGE__credential: "managedidentity",
  ARCHIVE_STORAGE__clientId: "00000000-0000-4000-8000-000000000001",
  ARCHIVE_STORAGE__blobServiceUri: "https://account.blob.core.windows.net/",
  ARCHIVE_STORAGE__queueServiceUri: "https://account.queue.core.windows.net/",
  ARCHIVE_STORAGE__tableServiceUri: "https://account.table.core.windows.net/",
  AUTH_MODE: "entra",
  AUTH_TENANT_ID: "00000000-0000-4000-8000-000000000002",
  AUTH_AUDIENCE: "00000000-0000-4000-8000-000000000003",
  AZURE_CLIENT_ID: "00000000-0000-4000-8000-000000000001",
};

/** Far from the repository, so that nothing of its node_modules can be found by chance. */
const start = (env: Record<string, string>) =>
  execFileSync(process.execPath, [join(import.meta.dirname, "like-the-worker.mjs"), join(out, "index.js")], {
    cwd: out,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(() => buildPackage(out), 60_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("the package", { timeout: 60_000 }, () => {
  it("is complete and has nothing besides", () => {
    const files = readdirSync(out);
    expect(files).toEqual(expect.arrayContaining(["host.json", "index.js", "package.json"]));
    expect(files.filter((file) => !/\.js$|^host\.json$|^package\.json$/.test(file))).toEqual([]);
    expect(readFileSync(join(out, "host.json"), "utf8")).toBe(readFileSync(join(root, "host.json"), "utf8"));
  });

  it("needs no package that is not in it", () => {
    const code = readdirSync(out)
      .filter((file) => file.endsWith(".js"))
      .map((file) => readFileSync(join(out, file), "utf8"))
      .join("\n");
    const names = (pattern: RegExp) => [...code.matchAll(pattern)].map(([, name = ""]) => name);
    const foreign = [
      ...names(/^import (?:[^"';]+ from )?["']([^"']+)["'];$/gm),
      ...names(/\b(?:__require|import)\("([^"]+)"\)/g),
    ].filter((name) => !isBuiltin(name) && !name.startsWith("./"));
    expect([...new Set(foreign)]).toEqual(["@azure/functions-core"]);
  });

  it("registers the functions of the sources", () => {
    const { functions } = JSON.parse(start(settings)) as { functions: { name: string; type: string }[] };
    const named = (type: string) => functions.filter((one) => one.type === type).map(({ name }) => name);
    expect(named("queueTrigger")).toEqual(["work", "poison"]);
    expect(named("timerTrigger").sort()).toEqual(["minute", "nightly"]);
    expect(named("httpTrigger").length).toBeGreaterThan(20);
  });

  it("does not start with a setting missing, and says which", () => {
    const { AUTH_AUDIENCE: _, ...without } = settings;
    expect(() => start(without)).toThrow(/AUTH_AUDIENCE/);
  });
});
