// Who lets people in: `local` only on a development machine, and signing keys only from Microsoft's own authorities.
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../lib/config.js";
import { issuersOf } from "../../../lib/core/clouds.js";

const storage = { ARCHIVE_STORAGE: "UseDevelopmentStorage=true" };
const entra = { ...storage, AUTH_MODE: "entra", AUTH_TENANT_ID: "tenant-1", AUTH_AUDIENCE: "api://mailkeep" };
const auth = (env: Record<string, string>) => loadConfig(env).auth;

describe("AUTH_MODE local", () => {
  it.each([
    [{}],
    [{ WEBSITE_HOSTNAME: "localhost:7071" }],
    [{ WEBSITE_HOSTNAME: "127.0.0.1:7071" }],
    [{ GRAPH_BASE_URL: "http://127.0.0.1:9000" }],
  ])("starts on a development machine: %j", (env) => {
    expect(auth({ ...storage, AUTH_MODE: "local", ...env })).toEqual({ mode: "local" });
  });

  it.each([
    ["WEBSITE_INSTANCE_ID", "0a1b"],
    ["WEBSITE_SITE_NAME", "func-mailkeep"],
    ["WEBSITE_POD_NAME", "0123-456"],
    ["LEGION_SERVICE_HOST", "10.0.0.4"],
    ["WEBSITE_HOSTNAME", "func-mailkeep.azurewebsites.net"],
    ["WEBSITE_HOSTNAME", "0.0.0.0:7071"],
    ["WEBSITE_HOSTNAME", "localhost.evil.example"],
  ])("refuses to start where %s is %s", (name, value) => {
    const env = { ...storage, AUTH_MODE: "local", GRAPH_BASE_URL: "http://127.0.0.1:9000", [name]: value };
    expect(() => auth(env)).toThrow(/AUTH_MODE: local lets everybody in/);
    // Left out, it is never what is chosen there.
    expect(() => auth({ ...env, AUTH_MODE: "" })).toThrow(/AUTH_TENANT_ID: is missing/);
  });
});

it.each(["GRAPH_BASE_URL", "AUTH_AUTHORITY", "EXCHANGE_BASE_URL"])("names %s when it is no address", (name) => {
  expect(() => auth({ ...entra, [name]: "no address" })).toThrow(new RegExp(`${name}: `));
});

describe("AUTH_AUTHORITY", () => {
  it.each([
    ["https://graph.microsoft.com", "https://login.microsoftonline.com"],
    ["https://graph.microsoft.us", "https://login.microsoftonline.us"],
    ["https://dod-graph.microsoft.us/", "https://login.microsoftonline.us"],
    ["https://microsoftgraph.chinacloudapi.cn", "https://login.partner.microsoftonline.cn"],
    ["http://127.0.0.1:9000", "https://login.microsoftonline.com"],
  ])("follows the cloud of %s", (graph, authority) => {
    expect(auth({ ...entra, GRAPH_BASE_URL: graph })).toMatchObject({ authority });
  });

  it.each(["https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn/", "http://127.0.0.1:9001"])(
    "may be %s",
    (authority) => {
      expect(auth({ ...entra, AUTH_AUTHORITY: authority })).toMatchObject({ authority: authority.replace(/\/$/, "") });
    },
  );

  it.each([
    ["https://login.evil.example", {}],
    ["https://login.microsoftonline.com.evil.example", {}],
    ["https://login.microsoftonline.com/common", {}],
    ["http://login.microsoftonline.com", {}],
    ["http://127.0.0.1:9001", { WEBSITE_SITE_NAME: "func-mailkeep" }],
  ])("may not be %s %j", (authority, env) => {
    expect(() => auth({ ...entra, ...env, AUTH_AUTHORITY: authority })).toThrow(/AUTH_AUTHORITY/);
  });

  it("names itself in tokens as its cloud does", () => {
    expect(issuersOf("https://login.partner.microsoftonline.cn", "t")).toEqual([
      "https://login.partner.microsoftonline.cn/t/v2.0",
      "https://sts.chinacloudapi.cn/t/",
    ]);
    expect(issuersOf("https://login.microsoftonline.us", "t")).not.toContain(
      "https://login.microsoftonline.com/t/v2.0",
    );
  });
});
