// Mail and attachments in parts: what leaves is proven, what the caller has is not sent again, and both are in the audit.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { partOf } from "../../../functions/http/part.js";
import { sha256 } from "../../../lib/core/digest.js";
import { isMailkeepError } from "../../../lib/core/errors.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { checkedFirstBytes } from "../../../lib/reading/content.js";
import { aWorld, type World } from "../../build/a-world.js";
import { auth, keys } from "../access/tokens.js";
import { type Ask, anApi } from "./an-api.js";

interface Bytes {
  path: string;
  action: string;
  bytes: Buffer;
  etag: string;
}

let world: World;
let ask: Ask;
let reads = 0;
/** A small and a large message, a small and a large attachment. */
const of: Record<string, Bytes> = {};
const names = ["small message", "large message", "small attachment", "large attachment"];
const at = (name: string): Bytes => of[name] ?? expect.fail(`there is no ${name}`);

const counting = (blobs: BlobStore): BlobStore => ({
  ...blobs,
  getRange(...args) {
    reads++;
    return blobs.getRange(...args);
  },
  stream(...args) {
    reads++;
    return blobs.stream(...args);
  },
});

beforeAll(async () => {
  world = await aWorld({
    tenant: { hugeMessageBytes: 6 * 1024 * 1024 },
    edges: (edges) => ({ ...edges, blobs: counting(edges.blobs) }),
  });
  ask = anApi(world.app);
  await world.run(await world.profile());
  const messages = `/mailboxes/${world.mailbox().id}/messages`;
  const { value } = (await ask("GET", `${messages}?limit=1000`)).json as {
    value: { key: string; size: number; hasAttachments: boolean }[];
  };
  const whole = async (name: string, action: string, path: string) => {
    const { bytes, headers } = await ask("GET", path);
    of[name] = { path, action, bytes, etag: headers.get("etag") ?? "" };
  };
  const large = value.find(({ size }) => size > checkedFirstBytes);
  const small = value.filter(({ hasAttachments }) => hasAttachments).sort((a, b) => a.size - b.size)[0];
  await whole("small message", "getEml", `${messages}/${small?.key}/eml`);
  await whole("large message", "getEml", `${messages}/${large?.key}/eml`);
  await whole("small attachment", "getAttachment", `${messages}/${small?.key}/attachments/1`);
  const { value: parts } = (await ask("GET", `${messages}/${large?.key}/attachments`)).json as {
    value: { number: number; size: number }[];
  };
  const number = parts.sort((a, b) => b.size - a.size)[0]?.number;
  await whole("large attachment", "getAttachment", `${messages}/${large?.key}/attachments/${number}`);
  expect(at("small message").bytes.length).toBeLessThan(checkedFirstBytes);
  expect(at("large attachment").bytes.length).toBeGreaterThan(checkedFirstBytes);
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  reads = 0;
});

/** The reads that a request wrote down. */
async function written(request: () => Promise<unknown>) {
  const before = (await world.app.audit.list({ limit: 1 })).value[0]?.seq ?? 0;
  await request();
  const { value } = await world.app.audit.list({ limit: 100 });
  return value.filter(({ seq }) => seq > before).map(({ kind, action, outcome }) => `${kind} ${action} ${outcome}`);
}

describe.each(names)("a %s", (name) => {
  it("says that parts can be had, and of which bytes", async () => {
    const { path, bytes, etag } = at(name);
    expect(etag).toBe(`"${sha256(bytes)}"`);
    for (const method of ["GET", "HEAD"] as const) {
      const { status, headers, ...told } = await ask(method, path);
      expect([status, headers.get("etag")]).toEqual([200, etag]);
      expect([headers.get("accept-ranges"), headers.get("content-length")]).toEqual(["bytes", String(bytes.length)]);
      expect(headers.get("content-disposition")).toMatch(/^attachment; /);
      expect(told.bytes.length).toBe(method === "GET" ? bytes.length : 0);
    }
  });

  it("is given in parts that make the whole", async () => {
    const { path, bytes, etag } = at(name);
    const step = Math.ceil(bytes.length / 3);
    const parts: Buffer[] = [];
    for (let first = 0; first < bytes.length; first += step) {
      const last = Math.min(first + step, bytes.length) - 1;
      const part = await ask("GET", path, {
        headers: { range: `bytes=${first}-${first + step - 1}`, "if-range": etag },
      });
      expect(part.status).toBe(206);
      expect(Object.fromEntries(part.headers)).toMatchObject({
        ...{ etag, "accept-ranges": "bytes", "content-length": String(last - first + 1) },
        "content-range": `bytes ${first}-${last}/${bytes.length}`,
        "content-security-policy": "default-src 'none'; sandbox",
      });
      expect(part.bytes.length).toBe(last - first + 1);
      parts.push(part.bytes);
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });

  it.each([
    ["bytes=-1", (bytes: Buffer) => bytes.subarray(-1)],
    ["bytes=0-0", (bytes: Buffer) => bytes.subarray(0, 1)],
    ["bytes=7-", (bytes: Buffer) => bytes.subarray(7)],
  ])("is given from and to its very ends (%s)", async (range, wanted) => {
    const { path, bytes } = at(name);
    const part = await ask("GET", path, { headers: { range } });
    expect(part.status).toBe(206);
    expect(part.bytes.equals(wanted(bytes))).toBe(true);
  });

  it("says how many bytes there are when a range begins behind them", async () => {
    const { path, bytes } = at(name);
    const refused = await ask("GET", path, { headers: { range: `bytes=${bytes.length}-` } });
    expect(refused).toMatchObject({ status: 416, json: { code: "RANGE_NOT_SATISFIABLE", field: "Range" } });
    expect(refused.headers.get("content-range")).toBe(`bytes */${bytes.length}`);
  });

  it("is not sent to who has it", async () => {
    const { path, etag } = at(name);
    for (const method of ["GET", "HEAD"] as const) {
      const { status, headers, bytes } = await ask(method, path, { headers: { "if-none-match": `"x", ${etag}` } });
      expect([status, headers.get("etag"), bytes.length]).toEqual([304, etag, 0]);
      expect([headers.has("content-type"), headers.has("content-length")]).toEqual([false, false]);
    }
    expect((await ask("GET", path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });
});

describe.each(["small message", "small attachment"])("a %s", (name) => {
  it.each([{ range: "bytes=0-1,5-6" }, { range: "bytes=5-2" }, { range: "bytes=0-1", "if-range": '"other"' }])(
    "is given whole for %j",
    async (headers) => {
      const { path, bytes } = at(name);
      const { status, headers: told, ...whole } = await ask("GET", path, { headers });
      expect([status, told.has("content-range")]).toEqual([200, false]);
      expect(whole.bytes.equals(bytes)).toBe(true);
    },
  );

  it("is in the audit each time, whether as a whole, a part, its headers or as unchanged", async () => {
    const { path, action, etag } = at(name);
    const entries = await written(async () => {
      await ask("GET", path);
      await ask("GET", path, { headers: { range: "bytes=0-0" } });
      await ask("GET", path, { headers: { "if-none-match": etag } });
      await ask("HEAD", path);
    });
    expect(entries).toEqual(Array(4).fill(`read ${action} done`));
  });
});

it("reads nothing of a message that is not sent", async () => {
  const { path, etag } = at("large message");
  await ask("GET", path, { headers: { "if-none-match": etag } });
  await ask("HEAD", path);
  await ask("GET", path, { headers: { range: "bytes=99999999999-" } });
  expect(reads).toBe(0);
  await ask("GET", path, { headers: { range: "bytes=0-0" } });
  expect(reads).toBeGreaterThan(0);
});

it("asks HEAD for a token too, and takes it nowhere else", async () => {
  const guarded = anApi(world.app, { auth, keys });
  expect((await guarded("HEAD", at("small message").path)).status).toBe(401);
  const refused = await ask("HEAD", "/profiles");
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, POST"]);
  const posted = await ask("POST", at("small message").path);
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

describe("a part of something damaged", () => {
  const damage = async (name: string, ask: () => Promise<unknown>) => {
    const { blobs } = world.edges;
    const { bytes } = await blobs.get(name);
    const broken = Uint8Array.from(bytes);
    broken[broken.length - 200] = (broken[broken.length - 200] ?? 0) ^ 1;
    blobs.tamper(name, broken);
    await ask();
    blobs.tamper(name, bytes);
  };
  const largest = () => {
    const { blobs } = world.edges;
    const sizes = blobs.names().map(async (name) => ({ name, size: (await blobs.get(name)).bytes.length }));
    return Promise.all(sizes).then((all) => all.sort((a, b) => b.size - a.size)[0]?.name ?? "");
  };

  it.each(["large message", "large attachment"])("never looks complete, wherever the damage is (%s)", async (name) => {
    const { path } = at(name);
    await damage(await largest(), async () => {
      const part = await ask("GET", path, { headers: { range: "bytes=0-99" } }).catch((error: unknown) => error);
      expect(isMailkeepError(part, "corrupt") || (part as { status?: number }).status === 500).toBe(true);
    });
  });

  it("keeps its last piece until all is read", async () => {
    const given: string[] = [];
    async function* pieces() {
      yield* ["abc", "def", "ghi"].map((text) => Buffer.from(text));
      throw new Error("damaged");
    }
    const reading = (async () => {
      for await (const piece of partOf(pieces(), { first: 1, last: 4 })) given.push(Buffer.from(piece).toString());
    })();
    await expect(reading).rejects.toThrow("damaged");
    expect(given).toEqual(["bc"]);
  });
});
