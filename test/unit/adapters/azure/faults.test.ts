// What the adapters make of answers that the emulator never gives, from a real HTTP server.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type AzureStorage, openAzureStorage } from "../../../../lib/adapters/azure/storage.js";

const options = { contentType: "text/plain" };
const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const key = { partition: "p", row: "r" };
const secret = "c2VjcmV0IG9mIHRoZSBhY2NvdW50";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  if (server) await new Promise((closed) => server?.close(closed));
  server = undefined;
});

interface Asked {
  method: string;
  body: string;
  url: string;
  range: string | undefined;
}

/** A storage account that answers what the script says; the requests it got are kept. */
async function account(script: (asked: Asked, response: ServerResponse, count: number) => void) {
  const asked: Asked[] = [];
  const listener: RequestListener = (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("end", () => {
        const { method = "", url = "", headers } = request;
        const body = Buffer.concat(chunks).toString();
        asked.push({ method, url, body, range: String(headers["x-ms-range"] ?? headers.range ?? "") || undefined });
        script(asked.at(-1) as Asked, response, asked.length);
      });
  };
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/contoso`;
  const endpoints = `BlobEndpoint=${origin};QueueEndpoint=${origin};TableEndpoint=${origin}`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=contoso;AccountKey=${secret};${endpoints}`;
  return { asked, storage: await openAzureStorage({ kind: "connection-string", connectionString }) };
}

/** A refusal as Blob and Queue Storage send it. */
function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-ms-error-code": code, "content-type": "application/xml", "x-ms-request-id": "id-1" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.\nRequestId:id-1</Message></Error>`);
}

/** A refusal as Table Storage sends it. */
function refuseRow(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: "No.\nRequestId:id-1" } } }));
}

const sendBody = (response: ServerResponse, body: Uint8Array, status = 200) =>
  response.writeHead(status, { "content-length": body.length, etag: '"1"' }).end(body);

const blobReads: [string, (storage: AzureStorage) => Promise<unknown>][] = [
  ["get", ({ blobs }) => blobs.get("a")],
  ["getRange", ({ blobs }) => blobs.getRange("a", 0, 10)],
  ["getRange of nothing", ({ blobs }) => blobs.getRange("a", 0, 0)],
  ["stream", ({ blobs }) => blobs.stream("a")],
  ["exists", ({ blobs }) => blobs.exists("a")],
];

describe("a read that failed", () => {
  it.each(blobReads)("of a blob by %s is no absence", async (_, read) => {
    const { storage } = await account((_asked, response, count) =>
      count === 1 ? refuse(response, 403, "AuthorizationFailure") : response.writeHead(404).end("a proxy's page"),
    );
    await expect(read(storage)).rejects.toMatchObject({ code: "forbidden", reason: "AuthorizationFailure" });
    await expect(read(storage)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("of a row is no absence", async () => {
    const answers: [number, string, string][] = [
      [403, "AuthorizationFailure", "forbidden"],
      [401, "InvalidAuthenticationInfo", "forbidden"],
      [404, "TableNotFound", "unavailable"],
    ];
    const { storage } = await account((_asked, response, count) => {
      const [status, code] = answers[count - 1] ?? [404, "ResourceNotFound"];
      refuseRow(response, status, code);
    });
    for (const [, reason, code] of answers)
      await expect(storage.rows.get("runs", key)).rejects.toMatchObject({ code, reason });
    expect(await storage.rows.get("runs", key)).toBeUndefined();
  });
});

describe("an answer of a table that breaks off", () => {
  const row = JSON.stringify({ PartitionKey: "p", RowKey: "r", n: 7, "odata.etag": '"1"' });
  /** The first answer stops in the middle, with and without its length said before. */
  const broken = (length: Record<string, number>) =>
    account((_asked, response, count) => {
      response.writeHead(200, { "content-type": "application/json", etag: '"1"', ...(count === 1 && length) });
      if (count > 1) response.end(row);
      else response.write(row.slice(0, 20), () => response.destroy());
    });

  it.each([{}, { "content-length": row.length }])("is asked for again (%o)", async (length) => {
    const { storage, asked } = await broken(length);
    expect(await storage.rows.get("runs", key)).toMatchObject({ ...key, values: { n: 7 } });
    expect(asked).toHaveLength(2);
  });
});

describe("a put that is refused", () => {
  it("found the name taken when the blob is there and protected", async () => {
    const { storage, asked } = await account(({ method }, response) =>
      method === "PUT" ? refuse(response, 409, "BlobImmutableDueToPolicy") : sendBody(response, bytes),
    );
    expect(await storage.blobs.putIfAbsent("a", bytes, options)).toBe(false);
    expect(asked.map(({ method }) => method)).toEqual(["PUT", "HEAD"]);
  });

  it.each([
    [409, "BlobImmutableDueToPolicy", "conflict"],
    [412, "LeaseIdMissing", "precondition-failed"],
    [413, "RequestBodyTooLarge", "too-large"],
    [400, "InvalidHeaderValue", "invalid"],
    [403, "AuthorizationFailure", "forbidden"],
    [404, "ContainerNotFound", "unavailable"],
    [409, "ContainerBeingDeleted", "unavailable"],
  ])("with %s %s and without a blob is %s", async (status, reason, code) => {
    const { storage } = await account(({ method }, response) =>
      method === "PUT" ? refuse(response, status, reason) : refuse(response, 404, "BlobNotFound"),
    );
    await expect(storage.blobs.putIfAbsent("a", bytes, options)).rejects.toMatchObject({
      code,
      reason,
      requestId: "id-1",
    });
  });

  it("never says that a name is taken when no blob is there", async () => {
    const { storage } = await account(({ method }, response) => {
      if (method === "HEAD") refuse(response, 404, "BlobNotFound");
      else refuse(response, 409, "BlobAlreadyExists");
    });
    await expect(storage.blobs.putIfAbsent("a", bytes, options)).rejects.toMatchObject({ code: "conflict" });
  });
});

it("sends none of a large body when the name is taken", async () => {
  const { storage, asked } = await account((_asked, response) => sendBody(response, bytes));
  async function* large(): AsyncIterable<Uint8Array> {
    for (let i = 0; i < 3; i++) yield new Uint8Array(4 * 1024 * 1024);
  }
  expect(await storage.blobs.putStreamIfAbsent("a", large(), options)).toBe(false);
  expect(asked.map(({ method }) => method)).toEqual(["HEAD"]);
});

it("says of every number that does not fit Int32 that it is a double, since the service would refuse it", async () => {
  const { storage, asked } = await account((_asked, response) => response.writeHead(204, { etag: '"1"' }).end());
  await storage.rows.insert("runs", key, {
    small: 2 ** 31 - 1,
    big: 2 ** 31,
    fraction: 0.5,
    text: "2026-11-22T00:00:00Z",
  });
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
    PartitionKey: "p",
    RowKey: "r",
    small: 2 ** 31 - 1,
    big: 2 ** 31,
    "big@odata.type": "Edm.Double",
    fraction: 0.5,
    "fraction@odata.type": "Edm.Double",
    text: "2026-11-22T00:00:00Z",
  });
});

describe("a transient fault", () => {
  it("is tried again", async () => {
    const { storage, asked } = await account((_asked, response, count) => {
      if (count === 1) refuse(response, 503, "ServerBusy");
      else if (count === 2) response.writeHead(201, { etag: '"1"' }).end();
      else response.destroy();
    });
    expect(await storage.blobs.putIfAbsent("a", bytes, options)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it("is unavailable when it outlives its retries", async () => {
    const { storage, asked } = await account((_asked, response) => response.destroy());
    await expect(storage.blobs.exists("a")).rejects.toMatchObject({ code: "unavailable" });
    expect(asked).toHaveLength(4);
  });
});

it("uses a connection again after a blob was read to its end", async () => {
  const { storage } = await account((_asked, response) => sendBody(response, bytes));
  let connections = 0;
  server?.on("connection", () => connections++);
  for (let i = 0; i < 5; i++) await storage.blobs.get("a");
  for (let i = 0; i < 5; i++) await storage.blobs.getRange("a", 0, 100);
  expect(connections).toBe(1);
});

describe("a body that breaks off", () => {
  it("is resumed where it broke", async () => {
    const { storage, asked } = await account((_asked, response, count) => {
      if (count > 1) return sendBody(response, bytes.subarray(60), 206);
      response.writeHead(200, { "content-length": 100, etag: '"1"' });
      return response.write(bytes.subarray(0, 60), () => response.destroy());
    });
    expect((await storage.blobs.get("a")).bytes).toEqual(bytes);
    expect(asked.map(({ range }) => range)).toEqual([undefined, "bytes=60-99"]);
  });

  it("is never taken for the whole", async () => {
    const { storage } = await account((_asked, response) => {
      response.writeHead(206, { "content-length": 100, etag: '"1"' });
      response.flushHeaders();
      setImmediate(() => response.destroy());
    });
    await expect(storage.blobs.get("a")).rejects.toMatchObject({ code: "unavailable" });
  });
});

it("keeps keys and signatures out of errors", async () => {
  const { storage } = await account((_asked, response) => refuse(response, 403, "AuthenticationFailed"));
  const errors = await Promise.all(
    [
      storage.blobs.get("a"),
      storage.rows.get("runs", key),
      storage.queue.send("the item"),
      storage.rows.batch("runs", "p", [{ kind: "insert", row: "r", values: { subject: "the subject" } }]),
    ].map((call) => call.catch((error: unknown) => error)),
  );
  for (const error of errors) {
    expect(error).toMatchObject({ code: "forbidden" });
    expect((error as Error).cause).not.toHaveProperty("request");
    expect(inspect(error, { depth: 9 })).not.toMatch(/SharedKey|c2VjcmV0|the item|the subject/);
  }
});
