import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, eml } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
let anna: string;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 1, messagesPerMailbox: 0 });
  ask = asking({ ...tenant, token: tenant.writerToken });
  anna = tenant.mailboxes.list()[0]?.id ?? "";
});
afterAll(() => tenant.close());
beforeEach(() => tenant.faults.clear());

const batch = async (requests: unknown[]) => {
  const reply = await ask("/$batch", { method: "POST", body: { requests } });
  const byId = Object.fromEntries((reply.json.responses ?? []).map((one: { id: string }) => [one.id, one]));
  return { reply, byId };
};
const immutable = { Prefer: 'IdType="ImmutableId"' };

describe("a batch", () => {
  it("answers each request with a status of its own, in any order", async () => {
    const id = tenant.mailboxes.deliver(anna, "inbox", eml("x"));
    const { reply, byId } = await batch([
      { id: "1", method: "GET", url: `/users/${anna}/messages/${id}?$select=subject`, headers: immutable },
      { id: "2", method: "GET", url: `/users/${anna}/messages/${id}/$value` },
      { id: "3", method: "GET", url: "/users/nobody@contoso.example/mailFolders" },
      {
        id: "4",
        method: "POST",
        url: `/users/${anna}/messages/${id}/move`,
        headers: immutable,
        body: { destinationId: "archive" },
      },
      { id: "5", method: "GET", url: "/me", dependsOn: ["3"] },
    ]);
    expect(reply.status).toBe(200);
    expect(byId[1]).toMatchObject({ status: 200, body: { id, subject: "x" } });
    expect(Buffer.from(byId[2].body, "base64").toString()).toBe(eml("x"));
    expect(byId[3]).toMatchObject({ status: 404, body: { error: { code: "ErrorInvalidUser" } } });
    expect(byId[4]).toMatchObject({ status: 201, body: { id } });
    expect(byId[5].status).toBe(424);
    expect(reply.json.responses[0].id).toBe("5");
  });

  it("can be throttled inside, with a Retry-After of its own", async () => {
    tenant.faults.set({ rules: [{ do: { kind: "throttled", retryAfterSeconds: 9 }, nth: 2 }] });
    const get = (id: string) => ({ id, method: "GET", url: `/users/${anna}/mailFolders/inbox` });
    const { reply, byId } = await batch([get("a"), get("b"), get("c")]);
    expect([reply.status, byId.a.status, byId.b.status, byId.c.status]).toEqual([200, 200, 429, 200]);
    expect(byId.b.headers["retry-after"]).toBe("9");
    expect(tenant.counters().byMailbox[anna]?.maxInFlight).toBe(1);
  });

  it("holds at most twenty requests, and at least one", async () => {
    const one = { id: "1", method: "GET", url: "/users" };
    expect((await batch(Array(21).fill(one))).reply.status).toBe(400);
    expect((await batch([])).reply.status).toBe(400);
  });
});
