// The app's settings in Bicep against the settings the app knows.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../lib/config.js";
import { descendants, infra, properties, property, readBicep } from "./bicep.js";

/** Read by the Functions host or by the telemetry library; none of them is on the list that Flex Consumption refuses. */
const platform = [
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "AzureFunctionsJobHost__telemetryMode",
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__clientId",
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__queueServiceUri",
  "AzureWebJobsStorage__tableServiceUri",
];

/** Known to the app and never set in Azure, each for its reason. */
const notInAzure: Record<string, string> = {
  ALLOW_SECRET_IDENTITY: "secrets are for development",
  ARCHIVE_STORAGE: "a connection string holds a key",
  CONNECTIONS_FILE: "there is no file beside the app",
  SIGNING_KEY_FILE: "a key on a development machine",
  GRAPH_STATIC_TOKEN: "accepted for loopback only",
  GRAPH_WRITER_STATIC_TOKEN: "accepted for loopback only",
  WEBSITE_INSTANCE_ID: "Azure itself sets it",
};

const app = readBicep("modules/function-app.bicep");
const site = app.resources.find(({ type }) => type.startsWith("Microsoft.Web/sites@"));
const settings = new Map(
  descendants(property(site?.body, "properties", "siteConfig", "appSettings") ?? app.root, "object").map((entry) => {
    const { name, value } = Object.fromEntries(properties(entry));
    return [name?.text.replace(/'/g, "") ?? "", value?.text ?? ""];
  }),
);

const schema = readFileSync(join(infra, "../lib/config.ts"), "utf8");
const known = [
  ...(/const Settings = z\s+\.object\(\{([\s\S]*?)\n {2}\}\)/.exec(schema)?.[1] ?? "").matchAll(/^ {4}(\w+):/gm),
].map(([, name = ""]) => name);

describe("app settings", () => {
  it("are found on both sides", () => {
    expect(settings.size).toBeGreaterThan(15);
    expect(known.length).toBeGreaterThan(10);
  });

  it("in Bicep are all known to the app or to the platform", () => {
    expect([...settings.keys()].filter((name) => !known.includes(name) && !platform.includes(name))).toEqual([]);
  });

  it("known to the app are all in Bicep, or have a reason not to be", () => {
    expect(known.filter((name) => !settings.has(name) && !(name in notInAzure))).toEqual([]);
    expect(Object.keys(notInAzure).filter((name) => settings.has(name))).toEqual([]);
  });

  it("start the app in Azure", () => {
    // What Bicep can only know at deployment, as it looks there.
    const sample = (name: string, value: string): string => {
      if (value.startsWith("'")) return value.slice(1, -1);
      if (/primaryEndpoints\.\w+$/.test(value)) return "https://stmkarc0000.blob.core.windows.net/";
      if (name === "AUTH_AUTHORITY") return "";
      if (name === "ATTACHMENT_TIER") return "Cold";
      if (name === "GRAPH_BASE_URL") return "https://graph.microsoft.com";
      if (name === "SIGNING_KEY_ID") return "https://kv-mk-0000.vault.azure.net/keys/mailkeep-heads";
      if (["TIMESTAMP_URL", "CONNECTIONS", "PROXY_URL", "PROXY_SECRET_ID"].includes(name) || name.startsWith("OTEL_"))
        return "";
      return name === "EXCHANGE_BASE_URL" ? "https://outlook.office365.com" : "00000000-0000-4000-8000-000000000001";
    };
    const env = Object.fromEntries([...settings].map(([name, value]) => [name, sample(name, value)]));
    const config = loadConfig({ ...env, WEBSITE_INSTANCE_ID: "instance" });
    expect(config.storage.kind).toBe("identity");
    expect(config.auth.mode).toBe("entra");
    expect(config.graph.staticToken).toBeUndefined();
    expect(config.signing.kind).toBe("key-vault");
    expect(config.timestampUrl).toBeUndefined();
    expect(config.telemetry).toBeUndefined();
    expect(config.proxy).toBeNull();
    expect(config.attachmentTier).toBe("Cold");
  });

  it("point the archive at the archive account and the host at its own", () => {
    for (const [name, value] of settings) {
      if (name.startsWith("ARCHIVE_STORAGE__") && name.endsWith("Uri")) expect(value).toMatch(/^archiveStorage\./);
      if (name.startsWith("AzureWebJobsStorage__") && name.endsWith("Uri")) expect(value).toMatch(/^runtimeStorage\./);
      const service = /__(blob|queue|table)ServiceUri$/.exec(name)?.[1];
      if (service !== undefined) expect(value).toBe(value.replace(/\w+$/, service));
    }
  });

  it("turn the host's OpenTelemetry on where there is a collector, and the app's with the same setting", () => {
    const mode = settings.get("AzureFunctionsJobHost__telemetryMode");
    expect(mode).toBe("empty(otlpEndpoint) ? 'ApplicationInsights' : 'OpenTelemetry'");
    expect(settings.get("OTEL_EXPORTER_OTLP_ENDPOINT")).toBe("otlpEndpoint");
  });

  it("name the connection that the queue triggers name", () => {
    const queues = readFileSync(join(infra, "../functions/queues/work.ts"), "utf8");
    const connection = /connection = "(\w+)"/.exec(queues)?.[1] ?? "none";
    for (const field of ["queueServiceUri", "credential", "clientId"])
      expect([...settings.keys()]).toContain(`${connection}__${field}`);
  });
});
