// The sample tenant's groups and users/delta keep Graph's rules.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTenant, type Tenant } from "../../../../lib/local/tenant/server.js";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 3, messagesPerMailbox: 0 });
});
afterAll(() => tenant.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
async function get(path: string): Promise<{ status: number; body: any }> {
  const url = path.startsWith("http") ? path : `${tenant.baseUrl}/v1.0${path}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${tenant.token}` } });
  return { status: answer.status, body: await answer.json() };
}

it("gives direct members with their types, and everybody below when asked for", async () => {
  const { id } = tenant.mailboxes.group("Legal");
  const direct = await get(`/groups/${id}/members?$select=id`);
  expect(direct.body.value.map((one: Record<string, string>) => one["@odata.type"])).toEqual([
    "#microsoft.graph.user",
    "#microsoft.graph.group",
  ]);
  expect((await get(`/groups/${id}/transitiveMembers`)).body.value).toHaveLength(3);
  expect((await get(`/groups/${id}/transitiveMembers/microsoft.graph.user`)).body.value).toHaveLength(2);
});

it("finds groups by mail and by any address, pages by at most 999, and knows no dynamic group", async () => {
  const filter = (text: string) => get(`/groups?$filter=${encodeURIComponent(text)}`);
  const { body } = await filter("proxyAddresses/any(p:p eq 'smtp:legal@mail.contoso.example')");
  expect(body.value).toMatchObject([
    { displayName: "Legal", mailEnabled: true, securityEnabled: true, groupTypes: [] },
  ]);
  expect((await filter("mail eq 'everyone.berlin@contoso.example'")).body.value).toEqual([]);
  const first = await get("/groups?$top=4");
  expect(first.body.value).toHaveLength(4);
  expect((await get(first.body["@odata.nextLink"])).body.value).toHaveLength(2);
  expect((await get("/groups?$top=1000")).status).toBe(400);
  expect((await get("/groups/nobody/members")).body.error.code).toBe("Request_ResourceNotFound");
});

it("tells changes of people since a link: whole when new, in part when changed, as removed when gone", async () => {
  const bookmark = await get("/users/delta?$select=id,displayName,mail&$deltatoken=latest");
  expect(bookmark.body.value).toEqual([]);
  const [anna, ben] = tenant.mailboxes.list();
  tenant.mailboxes.changePerson(anna?.id ?? "", { displayName: "Anna B." });
  tenant.mailboxes.removePerson(ben?.id ?? "");
  const link = bookmark.body["@odata.deltaLink"];
  const changes = await get(link);
  expect(changes.body.value).toEqual([
    { id: anna?.id, displayName: "Anna B." },
    { id: ben?.id, "@removed": { reason: "changed" } },
  ]);
  expect((await get(changes.body["@odata.deltaLink"])).body.value).toEqual([]);
  tenant.mailboxes.expireDirectoryTokens();
  expect((await get(link)).status).toBe(410);
  expect((await get("/users/delta?$top=5")).status).toBe(400);
});
