// Groups and the changes of the users, read from a server that answers as Graph does, on its bad days too.
import { describe, expect, it } from "vitest";
import type { GroupMember } from "../../../../lib/ports/directory.js";
import { type Answering, aTenant, type inTurn, json, opened, refuse } from "./a-tenant.js";

const legal = {
  id: "6f1c2f6e-0000-4000-8000-00000000000a",
  displayName: "Legal",
  mail: "Legal@contoso.com",
  proxyAddresses: ["SMTP:Legal@contoso.com", "smtp:law@contoso.com"],
  mailEnabled: true,
  securityEnabled: true,
  groupTypes: [],
};

async function directoryAt(answer: Answering) {
  const tenant = await aTenant(answer);
  return { tenant, ...(await opened(tenant)).graph };
}

async function membersOf(id: string, answer: Answering): Promise<GroupMember[]> {
  const { directory } = await directoryAt(answer);
  const members: GroupMember[] = [];
  for await (const page of directory.groupMembers(id)) members.push(...page);
  return members;
}

describe("a group", () => {
  it("is found by any of its addresses, and by its id", async () => {
    const { directory, tenant } = await directoryAt((request, response) => {
      const filter = decodeURIComponent(request.url ?? "");
      if (filter.includes("mail eq 'law@contoso.com'")) return json(response, { value: [] });
      json(response, filter.includes("$filter") ? { value: [legal] } : legal);
    });
    const found = { id: legal.id, displayName: "Legal", address: "legal@contoso.com", kind: "mailEnabledSecurity" };
    expect(await directory.group("law@contoso.com")).toEqual(found);
    expect(decodeURIComponent(tenant.requests[1]?.url ?? "")).toContain(
      "proxyAddresses/any(p:p eq 'smtp:law@contoso.com')",
    );
    expect(await directory.group(legal.id)).toEqual(found);
  });

  it("is not the first one that a server gives which does not heed the filter", async () => {
    const { directory } = await directoryAt((_request, response) => json(response, { value: [legal] }));
    expect(await directory.group("o'neill@contoso.com")).toBeUndefined();
  });

  it.each([
    [{ groupTypes: ["Unified"], securityEnabled: false }, "microsoft365"],
    [{ securityEnabled: false }, "distribution"],
    [{ mailEnabled: false, mail: null, proxyAddresses: [] }, "security"],
  ])("with %j is of kind %s", async (change, kind) => {
    const { directory } = await directoryAt((_request, response) => json(response, { ...legal, ...change }));
    expect(await directory.group(legal.id)).toMatchObject({ kind });
  });

  it("is absent only when Graph says so", async () => {
    const absent = await directoryAt((_request, response) => refuse(response, 404, "Request_ResourceNotFound"));
    expect(await absent.directory.group(legal.id)).toBeUndefined();
    const gateway = await directoryAt((_request, response) => void response.writeHead(404).end());
    await expect(gateway.directory.group(legal.id)).rejects.toMatchObject({ code: "unavailable" });
    const closed = await directoryAt((_request, response) => refuse(response, 403, "Authorization_RequestDenied"));
    await expect(closed.directory.group(legal.id)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("the members of a group", () => {
  const member = (n: number, type = "user", more: object = {}) => ({
    "@odata.type": `#microsoft.graph.${type}`,
    id: `m-${n}`,
    ...more,
  });

  it("come from all pages, each as what it is", async () => {
    const found = await membersOf(legal.id, (request, response, n) => {
      const link = `http://${request.headers.host}/v1.0/groups/${legal.id}/members?$skiptoken=x`;
      if (n === 1) return json(response, { value: [member(1)], "@odata.nextLink": link });
      const group = member(2, "group", { displayName: "Inner", mail: "inner@contoso.com" });
      json(response, { value: [group, member(3, "orgContact", { displayName: "Shop" }), { id: "m-4" }] });
    });
    expect(found).toEqual([
      { id: "m-1", kind: "user", type: "user", name: "" },
      { id: "m-2", kind: "group", type: "group", name: "inner@contoso.com" },
      { id: "m-3", kind: "other", type: "orgContact", name: "Shop" },
      { id: "m-4", kind: "unknown", type: "", name: "" },
    ]);
  });

  it.each([
    ["a page fails", (link: string) => ({ value: [member(1)], "@odata.nextLink": link })],
    ["a page leads to another host", () => ({ value: [], "@odata.nextLink": "https://evil.example/v1.0/groups" })],
    ["a member has no id", () => ({ value: [{ "@odata.type": "#microsoft.graph.user" }] })],
    ["the list is missing", () => ({})],
  ])("are not known when %s", async (_, first) => {
    const asking = membersOf(legal.id, (request, response, n) => {
      if (n > 1 && request.url?.includes("skiptoken")) return refuse(response, 503, "ServiceUnavailable");
      json(response, first(`http://${request.headers.host}/v1.0/groups/x/members?$skiptoken=2`));
    });
    await expect(asking).rejects.toMatchObject({ name: "MailkeepError" });
  });
});

describe("the changes of the users", () => {
  const whole = {
    id: "anna",
    displayName: "Anna",
    userPrincipalName: "anna@contoso.com",
    mail: "anna@contoso.com",
    proxyAddresses: ["SMTP:anna@contoso.com"],
    accountEnabled: true,
    userType: "Member",
    assignedPlans: [],
    onPremisesSyncEnabled: null,
    onPremisesDistinguishedName: null,
  };
  const since = async (
    answer: (link: string, n: number) => Parameters<typeof inTurn>[0],
    path = "/v1.0/users/delta",
  ) => {
    const { directory, tenant } = await directoryAt((request, response, n) =>
      answer(`http://${request.headers.host}${path}`, n)(response),
    );
    return directory.changesSince(`${tenant.url}/v1.0/users/delta?$deltatoken=old`);
  };

  it("are told page by page: who is there as a whole, who in part, and who is gone", async () => {
    const found = await since(
      (link, n) => (response) =>
        n === 1
          ? json(response, { value: [whole], "@odata.nextLink": `${link}?$skiptoken=1` })
          : json(response, {
              value: [
                { id: "ben", displayName: "Ben" },
                { id: "carl", "@removed": { reason: "deleted" } },
              ],
              "@odata.deltaLink": `${link}?$deltatoken=new`,
            }),
    );
    expect(found).toMatchObject({
      kind: "changes",
      changes: [
        { kind: "present", id: "anna", user: { mail: "anna@contoso.com" } },
        { kind: "present", id: "ben" },
        { kind: "removed", id: "carl" },
      ],
      bookmark: expect.stringContaining("$deltatoken=new"),
    });
    expect(found.kind === "changes" && "user" in (found.changes[1] ?? {})).toBe(false);
  });

  it.each([
    ["410", (r: Parameters<typeof json>[0]) => refuse(r, 410, "resyncRequired")],
    ["410 without a body", (r: Parameters<typeof json>[0]) => void r.writeHead(410).end()],
    ["400 syncStateNotFound", (r: Parameters<typeof json>[0]) => refuse(r, 400, "syncStateNotFound")],
    ["404 with a code", (r: Parameters<typeof json>[0]) => refuse(r, 404, "Request_ResourceNotFound")],
    ["an end without a bookmark", (r: Parameters<typeof json>[0]) => json(r, { value: [whole] })],
  ])("ask for a whole reading on %s", async (_, answer) => {
    expect(await since(() => answer)).toEqual({ kind: "resync" });
  });

  it("are not asked of another host than the one configured", async () => {
    const { directory, tenant } = await directoryAt((_request, response) => json(response, { value: [] }));
    expect(await directory.changesSince("http://127.0.0.1:9/v1.0/users/delta?$deltatoken=x")).toEqual({
      kind: "resync",
    });
    expect(tenant.requests).toHaveLength(0);
  });

  it("are a fault when they cannot be told now", async () => {
    await expect(since(() => (response) => refuse(response, 503, "ServiceUnavailable"))).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("begin at a bookmark, taken without reading anybody", async () => {
    const { directory, tenant } = await directoryAt((request, response) =>
      json(response, {
        value: [],
        "@odata.deltaLink": `http://${request.headers.host}/v1.0/users/delta?$deltatoken=t`,
      }),
    );
    expect(await directory.bookmark()).toMatch(/\$deltatoken=t$/);
    expect(tenant.requests[0]?.url).toMatch(/^\/v1\.0\/users\/delta\?\$select=id,.*&\$deltatoken=latest$/);
  });
});
