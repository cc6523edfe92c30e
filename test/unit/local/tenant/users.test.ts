import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";
import { type Ask, asking, everything } from "./ask.js";

let tenant: Tenant;
let ask: Ask;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 120, messagesPerMailbox: 0 });
  ask = asking(tenant);
});
afterAll(() => tenant.close());

const select =
  "$select=id,mail,userPrincipalName,proxyAddresses,accountEnabled,userType,assignedPlans,onPremisesSyncEnabled";

describe("the directory", () => {
  it("pages by 100, or by $top up to 999, and counts mailboxes only", async () => {
    const first = await ask(`/users?${select}`);
    expect(first.json.value).toHaveLength(100);
    const { values, pages } = await everything(ask, `/users?${select}`);
    expect({ users: values.length, pages }).toEqual({ users: 123, pages: 2 });
    expect((await ask("/users?$top=999")).json.value).toHaveLength(123);
    expect((await ask("/users?$top=1000")).code).toBe("Request_UnsupportedQuery");
    expect(new Set(values.map((user) => user.id)).size).toBe(123);
  });

  it("gives only what is selected, and without $select no addresses", async () => {
    expect(Object.keys((await ask("/users?$top=1&$select=id,mail")).json.value[0])).toEqual(["id", "mail"]);
    expect((await ask("/users?$top=1")).json.value[0]).not.toHaveProperty("proxyAddresses");
    expect((await ask("/users?$select=nonsense")).status).toBe(400);
  });

  it("counts on the first page when asked in the advanced way", async () => {
    const advanced = { headers: { consistencylevel: "eventual" } };
    const first = await ask("/users?$count=true&$top=100", advanced);
    expect(first.json["@odata.count"]).toBe(123);
    expect((await ask(first.json["@odata.nextLink"], advanced)).json).not.toHaveProperty("@odata.count");
  });

  it("finds a person by any address through the filter, in any case", async () => {
    const ben = tenant.mailboxes.person("ben.hollis@contoso.example");
    const alias = ben.proxyAddresses[1]?.slice(5).toUpperCase() ?? "";
    const found = await ask(
      `/users?$select=id&$filter=${encodeURIComponent(`proxyAddresses/any(p:p eq 'smtp:${alias}')`)}`,
    );
    expect(found.json.value).toEqual([{ id: ben.id }]);
    expect(ben.userPrincipalName).not.toBe(ben.mail);
  });

  it("opens a user by id or principal name, never by another address", async () => {
    const ben = tenant.mailboxes.person("ben.hollis@contoso.example");
    expect((await ask(`/users/${ben.id}?$select=mail`)).json.mail).toBe(ben.mail);
    expect((await ask(`/users/${ben.userPrincipalName}`)).status).toBe(200);
    expect((await ask(`/users/${ben.mail}`)).code).toBe("Request_ResourceNotFound");
  });
});

describe("kinds of mailbox", () => {
  it("has users, a shared mailbox, a leaver, a room and equipment", async () => {
    const { values } = await everything(ask, `/users?${select}`);
    const kinds: Record<string, number> = {};
    for (const { id } of values) {
      const { json, status } = await ask(`/users/${id}/mailboxSettings?$select=userPurpose`);
      const kind = status === 200 ? json.userPurpose : json.error.code;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    expect(kinds).toEqual({
      user: 117,
      shared: 1,
      room: 1,
      equipment: 1,
      ErrorInvalidUser: 1,
      ResourceNotFound: 1,
      MailboxNotEnabledForRESTAPI: 1,
    });
    expect(values.filter((user) => user.accountEnabled === false)).toHaveLength(4);
  });

  it("tells why the odd ones have none", async () => {
    const { values } = await everything(ask, `/users?${select}`);
    const odd = values.slice(120);
    expect(odd.map((user) => [user.userType, user.mail !== null, user.onPremisesSyncEnabled])).toEqual([
      ["Guest", true, null],
      ["Member", false, null],
      ["Member", true, true],
    ]);
    expect(String(odd[0]?.userPrincipalName)).toContain("#EXT#");
    const codes = await Promise.all(odd.map(async ({ id }) => (await ask(`/users/${id}/mailFolders/inbox`)).code));
    expect(codes).toEqual(["ErrorInvalidUser", "ResourceNotFound", "MailboxNotEnabledForRESTAPI"]);
  });

  it("opens a mailbox by every one of its addresses", async () => {
    const ben = tenant.mailboxes.person("ben.hollis@contoso.example");
    const names = [ben.id, ben.userPrincipalName, ben.mail, ben.proxyAddresses[1]?.slice(5)];
    const ids = await Promise.all(names.map(async (name) => (await ask(`/users/${name}/mailFolders/inbox`)).json.id));
    expect(new Set(ids).size).toBe(1);
    expect((await ask("/users/nobody@contoso.example/mailFolders/inbox")).code).toBe("ErrorInvalidUser");
  });

  it("says the purpose on its own too", async () => {
    const { json } = await ask("/users/support@contoso.example/mailboxSettings/userPurpose");
    expect(json.value).toBe("shared");
  });
});

describe("refusals", () => {
  it("wants the token", async () => {
    const reply = await ask("/users", { headers: { authorization: "Bearer wrong" } });
    expect([reply.status, reply.code]).toEqual([401, "InvalidAuthenticationToken"]);
  });

  it("answers unknown routes in Graph's shape and counts them", async () => {
    const reply = await ask("/me/events", { headers: { "client-request-id": "abc" } });
    expect(reply.status).toBe(400);
    const { innerError } = reply.json.error;
    expect(innerError).toEqual({
      date: expect.any(String),
      "request-id": reply.headers["request-id"],
      "client-request-id": "abc",
    });
    expect(tenant.counters().unknownRoutes).toContain("GET /v1.0/me/events");
  });

  it("names every answer", async () => {
    const replies = await Promise.all([ask("/users"), ask("/nothing"), ask("/users/x/mailFolders")]);
    const ids = replies.map((reply) => reply.headers["request-id"]);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => typeof id === "string" && id.length === 36)).toBe(true);
  });
});

describe("less common ways in", () => {
  it("open a mailbox by the id Exchange gives it", async () => {
    const [anna] = tenant.mailboxes.list();
    const { json } = await ask(`/users/${anna?.id}/settings/exchange`);
    expect(json.primaryMailboxId).toMatch(/^MBX:[0-9a-f-]{36}@/);
    const [byId, byMbx] = await Promise.all(
      [anna?.id, json.primaryMailboxId].map((name) => ask(`/users/${name}/mailFolders/inbox`)),
    );
    expect(byMbx?.json.id).toBe(byId?.json.id);
  });

  it("take users('x') for users/x", async () => {
    const [anna] = tenant.mailboxes.list();
    expect((await ask(`/users('${anna?.id}')/mailFolders('inbox')`)).json.displayName).toBe("Inbox");
  });

  it("list people who were deleted", async () => {
    const person = {
      ...tenant.mailboxes.person("support@contoso.example"),
      id: "00000000-0000-4000-a000-0000000000aa",
      proxyAddresses: [],
      userPrincipalName: "late@contoso.example",
    };
    tenant.mailboxes.addPerson(person);
    tenant.mailboxes.removePerson(person.id);
    const { json } = await ask("/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName");
    expect(json.value).toMatchObject([
      { id: person.id, userPrincipalName: `${person.id.replaceAll("-", "")}late@contoso.example` },
    ]);
  });
});
