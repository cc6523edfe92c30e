// The whole table of route × caller once more, through the built app's own HTTP server, with keys fetched over HTTP.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowed, roles } from "../../lib/access/roles.js";
import { audience, tenantId, tokenKit } from "../unit/access/tokens.js";
import { routes, wellFormed } from "../unit/http/requests.js";

const kit = await tokenKit(new Date());
const keyServer = createServer((asked, answer) => {
  const known = asked.url === `/${tenantId}/discovery/v2.0/keys`;
  answer.writeHead(known ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(kit.keySet));
});
const entra = { AUTH_MODE: "entra", AUTH_TENANT_ID: tenantId, AUTH_AUDIENCE: audience };
const folders: string[] = [];
const children: ChildProcess[] = [];
let base: string;

beforeAll(async () => {
  const build = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  expect(build.status, String(build.stdout)).toBe(0);
  keyServer.listen(0, "127.0.0.1");
  await once(keyServer, "listening");
  const { port } = keyServer.address() as AddressInfo;
  base = await serve({ ...entra, AUTH_AUTHORITY: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  keyServer.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** `npm start -- --no-run`; resolves with the address it serves. */
async function serve(settings: Record<string, string>): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), "mailkeep-sign-in-"));
  folders.push(data);
  const { GRAPH_BASE_URL: _, ARCHIVE_STORAGE: __, ...env } = process.env;
  const args = [
    "dist/lib/local/main.js",
    "--no-run",
    "--port",
    "0",
    "--data",
    data,
    "--mailboxes",
    "1",
    "--messages",
    "1",
  ];
  const child = spawn(process.execPath, args, { env: { ...env, ...settings }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  for await (const line of createInterface(child.stdout)) {
    const [, address] = /^Serving (\S+)/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error("it ended before it served");
}

/** By hand, as fetch forbids to set Host. */
function ask(
  method: string,
  path: string,
  asked: { headers?: Record<string, string>; body?: unknown } = {},
  at = base,
) {
  return new Promise<{ status: number; headers: Headers; json: { code?: string }; bytes: Buffer }>(
    (resolve, reject) => {
      const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
      const headers = {
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        ...asked.headers,
      };
      const sent = httpRequest(`${at}${path}`, { method, headers }, async (answer) => {
        const bytes = Buffer.concat(await answer.toArray());
        const isJson = /json/.test(answer.headers["content-type"] ?? "");
        const json = isJson ? JSON.parse(bytes.toString()) : {};
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(answer.headers as never), json, bytes });
      });
      sent.on("error", reject).end(body);
    },
  );
}

describe.each(Object.entries(routes))("%s", (_, route) => {
  it("opens for nobody without a good token", async () => {
    for (const [name, authorization] of Object.entries(kit.refusedHeaders)) {
      const { status, json } = await wellFormed(ask, route, authorization);
      expect({ name, status, json }).toMatchObject({ status: 401, json: { code: expect.stringMatching(/^TOKEN_/) } });
    }
  });

  it("opens for exactly the roles of its right", async () => {
    for (const role of [...roles, "Archive.Owner", "archive.admin", ""]) {
      const { status, json } = await wellFormed(ask, route, `Bearer ${await kit.tokenFor(role)}`);
      const may = (allowed[route.right] as readonly string[]).includes(role);
      if (may) expect([200, 201, 202, 404, 409, 412], `${role} ${JSON.stringify(json)}`).toContain(status);
      else expect({ role, status, code: json.code }).toEqual({ role, status: 403, code: "ROLE_REQUIRED" });
    }
  });
});

it("has written all of it into an audit that proves whole", async () => {
  const headers = { authorization: `Bearer ${await kit.tokenFor("Archive.Auditor")}` };
  const { json } = await ask("GET", "/audit/check", { headers });
  expect(json).toMatchObject({ intact: true, complete: true });
});

describe("AUTH_MODE local", () => {
  it.each<[string, Record<string, string>]>([
    ["another Host", { host: "mailkeep.contoso.com" }],
    ["a Host that begins like this machine's", { host: "localhost.evil.example" }],
    ["a caller from elsewhere", { "x-forwarded-for": "10.0.0.7" }],
    ["a caller from elsewhere behind this machine", { "x-forwarded-for": "10.0.0.7, 127.0.0.1" }],
    ["another X-Forwarded-Host", { "x-forwarded-host": "mailkeep.contoso.com" }],
    ["a page of another site", { origin: "https://evil.example" }],
    ["a proxy", { forwarded: "for=10.0.0.7" }],
  ])("refuses %s", async (_, headers) => {
    const address = await localServer();
    expect((await ask("GET", "/openapi.json", {}, address)).status).toBe(200);
    const refused = await ask("GET", "/openapi.json", { headers }, address);
    expect(refused).toMatchObject({ status: 403, json: { code: "NOT_LOOPBACK" } });
  });

  it("does not start where Azure runs it", async () => {
    await expect(serve({ AUTH_MODE: "local", WEBSITE_SITE_NAME: "func-mailkeep" })).rejects.toThrow("before it served");
  });
});

let local: Promise<string> | undefined;
const localServer = () => (local ??= serve({ AUTH_MODE: "local" }));
