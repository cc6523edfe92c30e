// What a connection may point to: Microsoft's hosts or this machine, and an identity that fits.
import { describe, expect, it } from "vitest";
import { ConnectionInput, fingerprint } from "../../../lib/connections/connection.js";
import { type ConnectionRules, settle } from "../../../lib/connections/settle.js";

const guid = "11111111-2222-4333-8444-555555555555";
const vault = "https://contoso-keys.vault.azure.net";
const identities = {
  managed: { kind: "managedIdentity", clientId: guid },
  federated: { kind: "federated", managedIdentityClientId: guid, appClientId: guid },
  certificate: { kind: "certificate", clientId: guid, keyVaultUrl: vault, certificateName: "mail" },
  secret: { kind: "secret", clientId: guid, keyVaultUrl: vault, secretName: "mail" },
  fixed: { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN" },
};
const here = "http://127.0.0.1:4010";
const rules: ConnectionRules = {
  inAzure: false,
  allowSecrets: false,
  homeTenantId: undefined,
  staticTokens: ["GRAPH_STATIC_TOKEN"],
};
const settled = (input: object, change: Partial<ConnectionRules> = {}) =>
  settle(ConnectionInput.parse({ tenantId: "contoso.com", identity: identities.managed, ...input }), {
    ...rules,
    ...change,
  });

describe("the hosts", () => {
  it.each([
    ["global", "https://graph.microsoft.com", "https://outlook.office365.com", "https://login.microsoftonline.com"],
    ["gcc", "https://graph.microsoft.com", "https://outlook.office365.com", "https://login.microsoftonline.com"],
    ["gcchigh", "https://graph.microsoft.us", "https://outlook.office365.us", "https://login.microsoftonline.us"],
    ["dod", "https://dod-graph.microsoft.us", "https://outlook-dod.office365.us", "https://login.microsoftonline.us"],
    [
      "china",
      "https://microsoftgraph.chinacloudapi.cn",
      "https://partner.outlook.cn",
      "https://login.partner.microsoftonline.cn",
    ],
  ])("of %s are known", (cloud, graphBaseUrl, exchangeBaseUrl, loginBaseUrl) => {
    expect(settled({ cloud })).toMatchObject({ cloud, graphBaseUrl, exchangeBaseUrl, loginBaseUrl });
  });

  it("tell the cloud", () => expect(settled({ graphBaseUrl: "https://graph.microsoft.us/" }).cloud).toBe("gcchigh"));

  it("of a tenant on this machine are all on this machine", () => {
    const reach = settled({ graphBaseUrl: here, identity: identities.fixed });
    expect(reach).toMatchObject({ graphBaseUrl: here, exchangeBaseUrl: here, loginBaseUrl: here });
  });

  it.each([
    ["graphBaseUrl", { graphBaseUrl: "https://graph.microsoft.com.evil.example" }],
    ["graphBaseUrl", { graphBaseUrl: "https://graph.microsoft.com:8443" }],
    ["graphBaseUrl", { graphBaseUrl: "https://evil.example" }],
    ["graphBaseUrl", { cloud: "china", graphBaseUrl: "https://graph.microsoft.com" }],
    ["exchangeBaseUrl", { exchangeBaseUrl: "https://evil.example" }],
    ["exchangeBaseUrl", { exchangeBaseUrl: here }],
    ["loginBaseUrl", { loginBaseUrl: "https://login.evil.example" }],
    ["loginBaseUrl", { loginBaseUrl: here }],
    [
      "loginBaseUrl",
      { graphBaseUrl: here, loginBaseUrl: "https://login.microsoftonline.com", identity: identities.fixed },
    ],
    ["identity.keyVaultUrl", { identity: { ...identities.secret, keyVaultUrl: "https://evil.example" } }],
    [
      "identity.keyVaultUrl",
      { identity: { ...identities.secret, keyVaultUrl: "https://a.vault.azure.net.evil.example" } },
    ],
    ["identity.keyVaultUrl", { identity: { ...identities.certificate, keyVaultUrl: here } }],
    ["writerIdentity.keyVaultUrl", { writerIdentity: { ...identities.secret, keyVaultUrl: "https://evil.example" } }],
  ])("beyond them are refused: %s %j", (field, input) => {
    expect(() => settled(input)).toThrow(
      expect.objectContaining({ code: "invalid", reason: "HOST_NOT_ALLOWED", field }),
    );
  });

  it.each([
    "http://graph.microsoft.com",
    "https://graph.microsoft.com/v1.0",
    "https://u:p@graph.microsoft.com",
    "graph",
    "file:///etc",
  ])("are addresses, not %s", (graphBaseUrl) => {
    const input = { tenantId: "contoso.com", identity: identities.managed, graphBaseUrl };
    expect(ConnectionInput.safeParse(input).error?.issues[0]?.path).toEqual(["graphBaseUrl"]);
  });

  it("on this machine are for development", () => {
    const azure = () => settled({ graphBaseUrl: here, identity: identities.fixed }, { inAzure: true });
    expect(azure).toThrow(expect.objectContaining({ reason: "LOOPBACK_IN_AZURE", field: "graphBaseUrl" }));
  });
});

describe("the identity", () => {
  it.each(["managed", "federated", "certificate", "secret"] as const)("%s reaches a tenant of Microsoft's", (kind) => {
    expect(settled({ identity: identities[kind] }).identity).toEqual(identities[kind]);
  });

  it.each([
    ["a real token for this machine", { graphBaseUrl: here }, {}, "IDENTITY_NOT_ALLOWED", "identity.kind"],
    ["a fixed token for Microsoft", { identity: identities.fixed }, {}, "STATIC_TOKEN_NOT_LOOPBACK", "identity.kind"],
    [
      "a setting that is not there",
      { graphBaseUrl: here, identity: { kind: "staticToken", setting: "GRAPH_STATIC_TOKEN_X" } },
      {},
      "SETTING_NOT_FOUND",
      "identity.setting",
    ],
    [
      "a secret in Azure",
      { identity: identities.secret },
      { inAzure: true },
      "SECRET_IDENTITY_REFUSED",
      "identity.kind",
    ],
    ["a managed identity abroad", {}, { homeTenantId: "fabrikam.com" }, "IDENTITY_OF_OTHER_TENANT", "identity.kind"],
    [
      "a writer's secret in Azure",
      { writerIdentity: identities.secret },
      { inAzure: true },
      "SECRET_IDENTITY_REFUSED",
      "writerIdentity.kind",
    ],
  ])("is refused: %s", (...[, input, change, reason, field]) => {
    expect(() => settled(input, change)).toThrow(expect.objectContaining({ code: "invalid", reason, field }));
  });

  it("may be a secret in Azure where a setting allows it", () => {
    expect(settled({ identity: identities.secret }, { inAzure: true, allowSecrets: true }).identity.kind).toBe(
      "secret",
    );
  });

  it.each([
    [{ kind: "secret", clientId: guid, clientSecret: "s3cret" }, "identity"],
    [{ kind: "staticToken", token: "s3cret" }, "identity"],
    [{ kind: "staticToken", setting: "ARCHIVE_STORAGE" }, "identity.setting"],
    [{ kind: "password", userName: "x", password: "s3cret" }, "identity.kind"],
    [{ ...identities.certificate, certificateName: "../secrets" }, "identity.certificateName"],
  ])("takes no secret and no other setting: %j", (identity, field) => {
    const { error } = ConnectionInput.safeParse({ tenantId: "contoso.com", identity });
    expect(error?.issues.map(({ path }) => path.join("."))).toContain(field);
    expect(JSON.stringify(error?.issues)).not.toContain("s3cret");
  });
});

it("is another connection with another tenant, host or identity, and the same with another description", () => {
  const base = settled({ description: "a" });
  expect(fingerprint(settled({ description: "b", tenantId: "CONTOSO.com" }))).toBe(fingerprint(base));
  for (const change of [
    { tenantId: "other.com" },
    { cloud: "gcchigh" },
    { identity: identities.federated },
    { writerIdentity: identities.managed },
  ])
    expect(fingerprint(settled(change))).not.toBe(fingerprint(base));
});
