import { describe, expect, it } from "vitest";
import { openAzureStorage } from "../../../../lib/adapters/azure/storage.js";

const key = Buffer.from("a secret of the account").toString("base64");
const open = (connectionString: string, prefix?: string) =>
  openAzureStorage({ kind: "connection-string", connectionString }, prefix === undefined ? {} : { prefix });

const https = `DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=${key};EndpointSuffix=core.windows.net`;
const http = (host: string) =>
  ["Blob", "Queue", "Table"]
    .map((service, i) => `${service}Endpoint=http://${host}:${10_000 + i}/contoso`)
    .concat("DefaultEndpointsProtocol=http", "AccountName=contoso", `AccountKey=${key}`)
    .join(";");

describe("openAzureStorage", () => {
  it.each(["UseDevelopmentStorage=true", https, http("127.0.0.1"), http("localhost")])(
    "takes the connection string %s",
    async (connectionString) => {
      await expect(open(connectionString)).resolves.toHaveProperty("blobs");
    },
  );

  it.each([
    ["not one at all", "hello"],
    ["without a key", "DefaultEndpointsProtocol=https;AccountName=contoso;EndpointSuffix=core.windows.net"],
    ["in the clear", http("storage.contoso.com")],
    ["in the clear by its protocol", https.replace("=https", "=http")],
  ])("refuses a connection string %s, and does not repeat it", async (_, connectionString) => {
    const error: unknown = await open(connectionString).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "invalid", field: "ARCHIVE_STORAGE" });
    expect(String(error)).not.toContain(key);
  });

  it.each(["Upper", "with-hyphen", "1digit", "x".repeat(21)])("refuses the prefix %s", async (prefix) => {
    await expect(open(https, prefix)).rejects.toMatchObject({ code: "invalid", field: "prefix" });
  });

  it("refuses http endpoints off the machine for an identity too", async () => {
    const config = { kind: "identity" as const, clientId: "c" };
    const [blobUrl, queueUrl] = ["https://contoso.blob.core.windows.net", "https://contoso.queue.core.windows.net"];
    await expect(
      openAzureStorage({ ...config, blobUrl, queueUrl, tableUrl: "http://contoso.table.core.windows.net" }),
    ).rejects.toMatchObject({ code: "invalid" });
    await expect(
      openAzureStorage({ ...config, blobUrl, queueUrl, tableUrl: "https://contoso.table.core.windows.net" }),
    ).resolves.toHaveProperty("rows");
  });
});
