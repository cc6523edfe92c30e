import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault, FaultRule } from "../../../../lib/local/tenant/faults.js";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, eml } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
let ben: string;
let id: string;
const value = "GET /users/{user}/messages/{message}/$value";
const delta = "GET /users/{user}/mailFolders/{folder}/messages/delta";

beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 0, seed: 7 });
  ask = asking(tenant);
  [anna = "", ben = ""] = tenant.mailboxes.list().map((one) => one.id);
  id = tenant.mailboxes.deliver(anna, "inbox", eml("victim"));
});
afterAll(() => tenant.close());
beforeEach(() => tenant.faults.clear());

const mime = (message = id, user = anna) => ask(`/users/${user}/messages/${message}/$value`);
const strike = (fault: Fault, rule: Partial<FaultRule> = {}) => tenant.faults.set({ rules: [{ do: fault, ...rule }] });

describe("answers", () => {
  const cases: { fault: Fault; status: number; code?: string | undefined; retryAfter?: string; length?: number }[] = [
    { fault: { kind: "throttled", retryAfterSeconds: 7 }, status: 429, code: "ApplicationThrottled", retryAfter: "7" },
    { fault: { kind: "throttled", code: "TooManyRequests" }, status: 429, code: "TooManyRequests" },
    { fault: { kind: "unavailable" }, status: 503, length: 0 },
    { fault: { kind: "unavailable", body: "html" }, status: 503 },
    {
      fault: { kind: "unavailable", body: "json", retryAfterSeconds: 2 },
      status: 503,
      code: "ServiceUnavailable",
      retryAfter: "2",
    },
    { fault: { kind: "gateway-timeout" }, status: 504, code: "UnknownError" },
    { fault: { kind: "corrupt" }, status: 500, code: "ErrorCorruptData" },
    { fault: { kind: "gone" }, status: 404, code: "ErrorItemNotFound" },
    { fault: { kind: "unauthenticated" }, status: 401, code: "InvalidAuthenticationToken" },
    { fault: { kind: "forbidden" }, status: 403, code: "ErrorAccessDenied" },
    { fault: { kind: "resync", shape: "400-SyncStateInvalid" }, status: 400, code: "SyncStateInvalid" },
    { fault: { kind: "status", status: 507, code: "ErrorQuotaExceeded" }, status: 507, code: "ErrorQuotaExceeded" },
  ];
  it.each(cases)("$fault.kind $fault.body $fault.code", async ({ fault, status, code, retryAfter, length }) => {
    strike(fault);
    const reply = await mime();
    expect([reply.status, reply.code, reply.headers["retry-after"]]).toEqual([status, code, retryAfter]);
    if (length !== undefined) expect(reply.bytes).toHaveLength(length);
    expect(tenant.requests.at(-1)).toMatchObject({ status, fault: fault.kind });
    tenant.faults.clear();
    expect((await mime()).status).toBe(200);
  });
});

describe("faults of the wire", () => {
  it("cut a body half way, or after so many bytes", async () => {
    strike({ kind: "cut" });
    await expect(mime()).rejects.toThrow();
    strike({ kind: "cut", afterBytes: 0 });
    await expect(mime()).rejects.toThrow();
    strike({ kind: "cut", afterBytes: 3 });
    const answer = await fetch(`${tenant.baseUrl}/v1.0/users/${anna}/messages/${id}/$value`, {
      headers: { authorization: `Bearer ${tenant.token}` },
    });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    await expect(ask(`/users/${anna}/mailFolders`)).rejects.toThrow();
    tenant.faults.clear();
    expect((await mime()).bytes.toString()).toBe(eml("victim"));
  });

  it("end JSON inside the list, on a whole 200", async () => {
    strike({ kind: "truncated-json" });
    const reply = await ask(`/users/${anna}/mailFolders`);
    expect([reply.status, reply.json]).toEqual([200, undefined]);
    expect(reply.bytes.toString().endsWith('"value":[')).toBe(true);
  });

  it("close the connection before any answer", async () => {
    strike({ kind: "reset" });
    await expect(mime()).rejects.toThrow();
    expect(tenant.requests.at(-1)).toMatchObject({ status: 0, fault: "reset" });
  });

  it("answer late, and hold nobody else up", async () => {
    strike({ kind: "slow", ms: 200 }, { route: value });
    const order: string[] = [];
    const late = mime().then(() => order.push("late"));
    await ask("/users").then(() => order.push("quick"));
    await late;
    expect(order).toEqual(["quick", "late"]);
  });

  it("make a folder vanish in the middle of a run", async () => {
    const folder = tenant.mailboxes.createFolder(anna, "Doomed");
    tenant.mailboxes.deliver(anna, folder, eml("inside"));
    const first = await ask(`/users/${anna}/mailFolders/${folder}/messages/delta`);
    strike({ kind: "folder-vanishes" }, { folder, route: delta });
    expect((await ask(first.json["@odata.deltaLink"])).code).toBe("ErrorSyncFolderNotFound");
    expect((await ask(`/users/${anna}/mailFolders/${folder}`)).code).toBe("ErrorItemNotFound");
  });
});

describe("who is struck", () => {
  const statuses = async (count: number, call = () => mime()) => {
    const out: number[] = [];
    for (let n = 0; n < count; n++) out.push((await call()).status);
    return out;
  };

  it("the nth, the first few, or every nth request", async () => {
    strike({ kind: "unavailable" }, { nth: 2 });
    expect(await statuses(4)).toEqual([200, 503, 200, 200]);
    strike({ kind: "unavailable" }, { first: 2 });
    expect(await statuses(4)).toEqual([503, 503, 200, 200]);
    strike({ kind: "unavailable" }, { every: 2 });
    expect(await statuses(4)).toEqual([200, 503, 200, 503]);
  });

  it("one message under either id, one mailbox, or one route", async () => {
    const healthy = tenant.mailboxes.deliver(anna, "inbox", eml("healthy"));
    const movable = (await ask(`/users/${anna}/messages/${id}`, { prefer: null })).json.id;
    strike({ kind: "corrupt" }, { message: movable, route: value });
    expect([(await mime()).status, (await mime(movable)).status, (await mime(healthy)).status]).toEqual([
      500, 500, 200,
    ]);
    expect((await ask(`/users/${anna}/messages/${id}`)).status).toBe(200);
    strike({ kind: "forbidden" }, { mailbox: ben });
    expect([(await mime()).status, (await ask(`/users/${ben}/mailFolders`)).status]).toEqual([200, 403]);
  });

  it("only requests with a token, or only those without", async () => {
    strike({ kind: "resync", shape: "410-resyncRequired" }, { route: delta, withToken: true });
    const first = await ask(`/users/${anna}/mailFolders/inbox/messages/delta`);
    expect(first.status).toBe(200);
    expect((await ask(first.json["@odata.deltaLink"])).status).toBe(410);
  });

  it("a share of the requests, the same ones for the same seed", async () => {
    const folder = tenant.mailboxes.createFolder(anna, "Many");
    const ids = Array.from({ length: 200 }, (_, n) => tenant.mailboxes.deliver(anna, folder, eml(`m${n}`)));
    const struckWith = async () => {
      strike({ kind: "unavailable" }, { route: value, rate: 0.1 });
      const struck: string[] = [];
      for (const one of ids) if ((await mime(one)).status === 503) struck.push(one);
      return struck;
    };
    const struck = await struckWith();
    expect(struck.length).toBeGreaterThan(5);
    expect(struck.length).toBeLessThan(40);
    expect(await struckWith()).toEqual(struck);
    const again = await Promise.all(struck.slice(0, 4).map((one) => mime(one)));
    expect(again.some((reply) => reply.status === 200)).toBe(true);
  });

  it("the first rule that is due wins, and all that match are counted", async () => {
    tenant.faults.set({
      rules: [
        { do: { kind: "gone" }, nth: 1 },
        { do: { kind: "unavailable" }, nth: 2 },
      ],
    });
    expect(await statuses(3)).toEqual([404, 503, 200]);
  });
});
