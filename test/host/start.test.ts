import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "mailkeep-start-"));
  const build = await run("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
  expect(build.code, build.stdout).toBe(0);
});
afterAll(() => rm(data, { recursive: true, force: true }));

async function run(...args: string[]) {
  const { GRAPH_BASE_URL: _, ARCHIVE_STORAGE: __, ...env } = process.env;
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code };
}

/** What `npm start -- …` runs once everything is installed and built. */
const start = (...args: string[]) => run("dist/lib/local/main.js", ...args);
const small = () => ["--once", "--port", "0", "--data", data, "--mailboxes", "2", "--messages", "5"];

describe("npm start", () => {
  it("archives the sample tenant and prints nothing but the run as one line of JSON; a second start finds nothing new", async () => {
    const first = await start(...small(), "--json");
    expect(first.code, first.stderr).toBe(0);
    const { status, tally } = JSON.parse(first.stdout);
    expect(status).toBe("succeeded");
    expect(tally).toMatchObject({ stored: tally.seen, quarantined: 0 });
    expect(tally.stored).toBeGreaterThan(0);
    expect(first.stdout.trim().split("\n")).toHaveLength(1);

    const second = await start(...small(), "--json");
    expect(second.code, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ status: "noChanges", tally: { stored: 0 } });
  });

  it("says what can be done next with commands that work", async () => {
    const { stdout } = await start(...small());
    expect(stdout).toMatch(/Complete[\s\S]*Next:/);
    expect(stdout.match(/^ {4}curl .*"http:\/\/127\.0\.0\.1:\d+\/api\/v1\/\S+"$/gm)).toHaveLength(3);
  });

  it("refuses an argument it does not know, with the list of those it does", async () => {
    const { code, stderr } = await start("--frob");
    expect(code).toBe(2);
    expect(stderr).toMatch(/--frob[\s\S]*--no-run/);
  });
});
