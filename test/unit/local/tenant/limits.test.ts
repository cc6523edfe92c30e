import { describe, expect, it } from "vitest";
import { MailboxGate } from "../../../../lib/local/tenant/limits.js";
import { startTenant } from "../../../../lib/local/tenant/server.js";
import { asking, eml } from "./ask.js";

describe("four in flight", () => {
  it("serves four requests for a mailbox at once and refuses the fifth", async () => {
    await using tenant = await started({ mailboxes: 2, messagesPerMailbox: 0, latencyMs: 50 });
    const ask = asking(tenant);
    const [anna, ben] = tenant.mailboxes.list();
    const inbox = (user: string | undefined) => ask(`/users/${user}/mailFolders/inbox`);
    const replies = await Promise.all([...Array(5).fill(anna?.id), ben?.id].map(inbox));
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = replies.find((reply) => reply.status === 429);
    expect([refused?.code, refused?.headers["retry-after"]]).toEqual(["ApplicationThrottled", "1"]);
    const { byMailbox, concurrencyViolations } = tenant.counters();
    expect(concurrencyViolations).toBe(1);
    expect(byMailbox[anna?.id ?? ""]?.maxInFlight).toBe(4);
    expect(byMailbox[ben?.id ?? ""]?.maxInFlight).toBe(1);
    expect((await inbox(anna?.id)).status).toBe(200);
  });

  it("counts by mailbox, whatever name it is called by", async () => {
    await using tenant = await started({ mailboxes: 1, messagesPerMailbox: 0, latencyMs: 50 });
    const ask = asking(tenant);
    const [anna] = tenant.mailboxes.list();
    const names = [anna?.id, anna?.address, anna?.address.toUpperCase(), anna?.id, anna?.address];
    const replies = await Promise.all(names.map((name) => ask(`/users/${name}/mailFolders/inbox`)));
    expect(replies.filter((reply) => reply.status === 429)).toHaveLength(1);
  });

  it("frees the place when the client goes away", async () => {
    await using tenant = await started({ mailboxes: 2, messagesPerMailbox: 0, latencyMs: 50 });
    const ask = asking(tenant);
    const [anna, ben] = tenant.mailboxes.list();
    const url = `${tenant.baseUrl}/v1.0/users/${anna?.id}/mailFolders/inbox`;
    const headers = { authorization: `Bearer ${tenant.token}` };
    const aborted = Array.from({ length: 4 }, () => fetch(url, { headers, signal: AbortSignal.timeout(10) }));
    expect((await Promise.allSettled(aborted)).every((one) => one.status === "rejected")).toBe(true);
    // By the time a request sent after the aborts is answered, the tenant has heard of them.
    await ask(`/users/${ben?.id}/mailFolders/inbox`);
    const replies = await Promise.all(Array.from({ length: 4 }, () => ask(`/users/${anna?.id}/mailFolders/inbox`)));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
  });

  it("is only counted when the limits are not strict", async () => {
    await using tenant = await started({ mailboxes: 1, messagesPerMailbox: 0, latencyMs: 20, strictLimits: false });
    const ask = asking(tenant);
    const [anna] = tenant.mailboxes.list();
    const replies = await Promise.all(Array.from({ length: 6 }, () => ask(`/users/${anna?.id}/mailFolders/inbox`)));
    expect(replies.every((reply) => reply.status === 200)).toBe(true);
    expect(tenant.counters().concurrencyViolations).toBe(2);
  });
});

describe("ten thousand in ten minutes", () => {
  const knock = (gate: MailboxGate, now: number) => {
    const refused = gate.enter(now, true);
    if (!refused) gate.leave();
    return refused?.status ?? 200;
  };

  it("slides: the ten-thousand-and-first waits until the first is ten minutes old", () => {
    const gate = new MailboxGate();
    const statuses = Array.from({ length: 10_000 }, (_, n) => knock(gate, n < 5_000 ? 0 : 60_000));
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(knock(gate, 60_000)).toBe(429);
    expect(knock(gate, 599_000)).toBe(429);
    expect(knock(gate, 600_000)).toBe(200);
    expect(gate.windowViolations).toBe(2);
  });

  it("counts refused requests too", () => {
    const gate = new MailboxGate();
    for (let n = 0; n < 20_000; n++) knock(gate, 0);
    expect(knock(gate, 599_999)).toBe(429);
  });
});

describe("counters", () => {
  it("tell requests by route, status and mailbox, with the bytes", async () => {
    await using tenant = await started({ mailboxes: 1, messagesPerMailbox: 0 });
    const ask = asking(tenant);
    const anna = tenant.mailboxes.list()[0]?.id ?? "";
    const id = tenant.mailboxes.deliver(anna, "inbox", eml("x"));
    const { bytes } = await ask(`/users/${anna}/messages/${id}/$value`);
    await ask(`/users/${anna}/messages/${id.replace("=", "A=")}/$value`);
    const route = "GET /users/{user}/messages/{message}/$value";
    const counts = tenant.counters();
    expect(counts.byRoute[route]?.byStatus).toEqual({ 200: 1, 404: 1 });
    expect(counts.byMailbox[anna]?.requests).toBe(2);
    expect(tenant.requests[0]).toMatchObject({ route, mailbox: anna, status: 200, bytes: bytes.length });
    tenant.resetCounters();
    expect(tenant.counters()).toMatchObject({ requests: 0, byRoute: {}, byMailbox: {} });
  });
});

async function started(options: Parameters<typeof startTenant>[0]) {
  const tenant = await startTenant(options);
  return Object.assign(tenant, { [Symbol.asyncDispose]: () => tenant.close() });
}
