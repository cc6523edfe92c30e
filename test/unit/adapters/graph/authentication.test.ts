import { describe, expect, it } from "vitest";
import type { FolderId, ImmutableId } from "../../../../lib/core/ids.js";
import { aTenant, inTurn, json, mail, opened, refuse } from "./a-tenant.js";

const id = "m1" as ImmutableId;

function renewable() {
  const state = { n: 1, fresh: 0 };
  const get = async ({ fresh = false } = {}) => {
    if (fresh) {
      state.fresh++;
      state.n++;
    }
    return `t${state.n}`;
  };
  return { state, token: { get } };
}

describe("the bearer token", () => {
  it("is renewed once after a 401", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 401, "InvalidAuthenticationToken"),
        (r) => mail(r, "x"),
      ),
    );
    const { token, state } = renewable();
    const { mailbox } = await opened(tenant, { token });
    expect(await mailbox().mime(id)).toMatchObject({ kind: "mime" });
    expect(tenant.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer t1", "Bearer t2"]);
    expect(state.fresh).toBe(1);
  });

  it("is renewed once for many requests refused at the same time", async () => {
    const tenant = await aTenant((request, response) =>
      request.headers.authorization === "Bearer t1" ? refuse(response, 401, "x") : mail(response, "x"),
    );
    const { token, state } = renewable();
    const { mailbox } = await opened(tenant, { token });
    const reader = mailbox();
    await Promise.all(["a", "b", "c", "d"].map((m) => reader.mime(m as ImmutableId)));
    expect(state.fresh).toBe(1);
  });

  it("that is refused twice ends the call", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 401, "InvalidAuthenticationToken"));
    const { mailbox } = await opened(tenant, { token: renewable().token });
    await expect(mailbox().mime(id)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(tenant.requests).toHaveLength(2);
  });

  it("goes to the configured host only: a link to another is refused unsent", async () => {
    const elsewhere = await aTenant((_request, response) => json(response, { value: [] }));
    const tenant = await aTenant((_request, response) =>
      json(response, { value: [], "@odata.nextLink": `${elsewhere.url}/v1.0/users/anna/messages/delta?$skiptoken=1` }),
    );
    const { mailbox, graph } = await opened(tenant);
    const folder = "f" as FolderId;
    const invalid = { code: "invalid" };
    const anew = { kind: "resync", reason: "LINK_OF_ANOTHER_HOST" };
    expect(await mailbox().changes(folder, `${elsewhere.url}/v1.0/x`)).toEqual(anew);
    expect(await mailbox().changes(folder, `${tenant.url}/beta/x`)).toEqual(anew);
    expect(tenant.requests).toEqual([]);
    await expect(mailbox().changes(folder, undefined)).rejects.toMatchObject(invalid);
    await expect(mailbox().folders({ hidden: false })).rejects.toMatchObject(invalid);
    await expect(graph.directory.users()[Symbol.asyncIterator]().next()).rejects.toMatchObject(invalid);
    expect(tenant.requests).toHaveLength(3);
    expect(elsewhere.requests).toEqual([]);
  });

  it("is in no error", async () => {
    const tenant = await aTenant((_request, response) => refuse(response, 403, "ErrorAccessDenied"));
    const { mailbox } = await opened(tenant);
    const error = await mailbox()
      .changes("f" as FolderId, undefined)
      .catch((e) => e);
    expect(error).toMatchObject({ code: "forbidden", reason: "ErrorAccessDenied", requestId: "req-1" });
    expect(JSON.stringify([error, String(error.stack), error.cause])).not.toMatch(/secret|as asked/);
  });
});

describe("every request", () => {
  it("asks for immutable ids and names itself", async () => {
    const tenant = await aTenant((request, response) =>
      request.url?.endsWith("$value")
        ? mail(response, "x")
        : json(response, { value: [], "@odata.deltaLink": `${tenant.url}/v1.0/d` }),
    );
    const { mailbox, graph } = await opened(tenant, { version: "1.2.3" });
    const reader = mailbox();
    await reader.mime(id);
    await reader.changes("f" as FolderId, undefined);
    await reader.changes("f" as FolderId, `${tenant.url}/v1.0/d`);
    await graph.ping();
    expect(tenant.requests.map(({ headers }) => headers.prefer)).toEqual([
      'IdType="ImmutableId"',
      'IdType="ImmutableId", odata.maxpagesize=500',
      'IdType="ImmutableId", odata.maxpagesize=500',
      'IdType="ImmutableId"',
    ]);
    const ids = new Set(tenant.requests.map(({ headers }) => headers["client-request-id"]));
    expect(ids.size).toBe(4);
    for (const { headers } of tenant.requests) {
      expect(headers).toMatchObject({ "user-agent": "mailkeep/1.2.3", authorization: "Bearer secret" });
      expect(headers["client-request-id"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it("is told of once, with its retries and without ids", async () => {
    const events: unknown[] = [];
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 500, "x"),
        (r) => mail(r, "x"),
        (r) => refuse(r, 404, "ErrorItemNotFound"),
      ),
    );
    const { mailbox } = await opened(tenant, { onRequest: (event) => events.push(event) });
    const reader = mailbox();
    await reader.mime(id);
    await reader.mime(id);
    const route = "/users/{id}/messages/{id}/$value";
    expect(events).toEqual([
      { mailbox: "anna", route, status: 200, ms: 500, retries: 1, throttled: 0, throttledMs: 0 },
      { mailbox: "anna", route, status: 404, ms: 0, retries: 0, throttled: 0, throttledMs: 0 },
    ]);
  });
});
