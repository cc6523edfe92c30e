// Settings that make no sense stop the start, and are named.
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../lib/config.js";

const good = { ARCHIVE_STORAGE: "UseDevelopmentStorage=true", GRAPH_BASE_URL: "http://127.0.0.1:4010" };
const identity = (name: string) => ({
  GRAPH_BASE_URL: good.GRAPH_BASE_URL,
  ARCHIVE_STORAGE__blobServiceUri: "https://a.blob.core.windows.net",
  ARCHIVE_STORAGE__queueServiceUri: "https://a.queue.core.windows.net",
  ARCHIVE_STORAGE__tableServiceUri: "https://a.table.core.windows.net",
  [name]: "x",
});

const nonsense = [
  "nonsense",
  "http://",
  "https://",
  "://x",
  "https://[::1",
  "http://exa mple",
  "ftp://x",
  "http://graph.example",
  "\u0000",
  "//x",
  "javascript:1",
];

describe.each([
  "GRAPH_BASE_URL",
  "EXCHANGE_BASE_URL",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "ARCHIVE_STORAGE__blobServiceUri",
  "ARCHIVE_STORAGE__queueServiceUri",
  "ARCHIVE_STORAGE__tableServiceUri",
])("%s", (name) => {
  it.each(nonsense)("is named when it is %j", (value) => {
    const env = name.startsWith("ARCHIVE") ? identity(name) : good;
    const start = () => loadConfig({ ...env, [name]: value });
    expect(start).toThrow(name);
    expect(start).toThrow(/bad settings/);
  });
});

it("names GRAPH_BASE_URL when it has a path", () => {
  expect(() => loadConfig({ ...good, GRAPH_BASE_URL: "https://graph.microsoft.com/v1.0" })).toThrow("GRAPH_BASE_URL");
});

it("knows the settings that may hold a fixed token, and no others", () => {
  const env = { ...good, GRAPH_STATIC_TOKEN: "a", GRAPH_STATIC_TOKEN_FABRIKAM: "b", GRAPH_STATIC_TOKENS: "c" };
  expect(loadConfig(env).connections.staticTokens).toEqual({
    GRAPH_STATIC_TOKEN: "a",
    GRAPH_STATIC_TOKEN_FABRIKAM: "b",
  });
});

it("allows secrets in Azure only when told to", () => {
  expect(loadConfig(good).connections).toMatchObject({ inAzure: false, allowSecrets: false });
  expect(loadConfig({ ...good, ALLOW_SECRET_IDENTITY: "true" }).connections.allowSecrets).toBe(true);
  expect(() => loadConfig({ ...good, ALLOW_SECRET_IDENTITY: "yes" })).toThrow("ALLOW_SECRET_IDENTITY");
});

describe("OTEL_EXPORTER_OTLP_ENDPOINT", () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = "https://otlp.example/x/";
  const withHeaders = (OTEL_EXPORTER_OTLP_HEADERS: string) =>
    loadConfig({ ...good, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS }).telemetry;

  it("turns telemetry on, with headers where there are any; without it there is none", () => {
    expect(loadConfig(good)).not.toHaveProperty("telemetry");
    expect(loadConfig({ ...good, OTEL_EXPORTER_OTLP_HEADERS: "a=b" })).not.toHaveProperty("telemetry");
    expect(withHeaders("")).toEqual({ endpoint: "https://otlp.example/x", headers: {} });
    expect(withHeaders("api-key=a%20b, X-Scope=c=d")?.headers).toEqual({ "api-key": "a b", "x-scope": "c=d" });
  });

  it.each(["api-key", "=x", "a=b,", "a b=c", "a=%", "a=b%0Ac", "@Microsoft.KeyVault(SecretUri=https://v/s)"])(
    "does not take %j for headers, and does not show it",
    (text) => {
      expect(() => withHeaders(text)).toThrow(/OTEL_EXPORTER_OTLP_HEADERS: must be name=value/);
      expect(() => withHeaders(text)).not.toThrow(text);
    },
  );
});
