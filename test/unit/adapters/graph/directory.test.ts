import { describe, expect, it } from "vitest";
import type { DirectoryUser } from "../../../../lib/ports/directory.js";
import { aTenant, inTurn, json, opened, refuse } from "./a-tenant.js";

const anna = {
  id: "6f1c2f6e-0000-4000-8000-000000000001",
  displayName: "Anna",
  userPrincipalName: "anna@contoso.com",
  mail: "Anna.Berg@contoso.com",
  proxyAddresses: ["smtp:anna@contoso.com", "SMTP:Anna.Berg@contoso.com", "SIP:anna@contoso.com", "X500:/o=x"],
  accountEnabled: true,
  userType: "Member",
  assignedPlans: [{ service: "exchange", capabilityStatus: "Enabled" }],
  onPremisesSyncEnabled: null,
};

const annaUser: DirectoryUser = {
  id: anna.id as DirectoryUser["id"],
  displayName: "Anna",
  userPrincipalName: "anna@contoso.com",
  mail: "anna.berg@contoso.com",
  addresses: ["anna.berg@contoso.com", "anna@contoso.com"],
  accountEnabled: true,
  guest: false,
  hasExchangePlan: true,
  onPremisesSynced: false,
};

describe("the users of a tenant", () => {
  it("come page by page, with everything they leave out", async () => {
    const bare = { id: "b", userType: "Guest", assignedPlans: [{ service: "exchange", capabilityStatus: "Deleted" }] };
    const tenant = await aTenant(
      inTurn(
        (r) => json(r, { value: [anna], "@odata.nextLink": `${tenant.url}/v1.0/users?$skiptoken=a'b` }),
        (r) => json(r, { value: [bare, { id: "c", assignedPlans: null }] }),
      ),
    );
    const { graph } = await opened(tenant);
    const pages: DirectoryUser[][] = [];
    for await (const page of graph.directory.users()) pages.push(page);
    const nobody = {
      displayName: "",
      userPrincipalName: "",
      mail: undefined,
      addresses: [],
      accountEnabled: true,
      onPremisesSynced: false,
    };
    expect(pages).toEqual([
      [annaUser],
      [
        { ...nobody, id: "b", guest: true, hasExchangePlan: false },
        { ...nobody, id: "c", guest: false, hasExchangePlan: undefined },
      ],
    ]);
    expect(tenant.requests[0]?.url).toMatch(/^\/v1\.0\/users\?\$select=id,.*&\$top=999$/);
    expect(tenant.requests[1]?.url).toBe("/v1.0/users?$skiptoken=a'b");
  });

  it("are not all of them when a page fails", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => json(r, { value: [anna], "@odata.nextLink": `${tenant.url}/v1.0/users?$skiptoken=1` }),
        (r) => r.writeHead(502).end(),
      ),
    );
    const { graph } = await opened(tenant);
    const read = async () => {
      for await (const page of graph.directory.users()) expect(page).toEqual([annaUser]);
    };
    await expect(read()).rejects.toMatchObject({ code: "unavailable" });
  });

  it.each([[403, "Authorization_RequestDenied", "forbidden"]])("%i %s is %s", async (status, reason, code) => {
    const tenant = await aTenant((_request, response) => refuse(response, status, reason));
    const { graph } = await opened(tenant);
    await expect(graph.directory.find("x")).rejects.toMatchObject({ code, reason });
    await expect(graph.ping()).rejects.toMatchObject({ code, reason });
  });
});

describe("looking somebody up", () => {
  it("tries the name first, then every address, and takes nobody who lacks it", async () => {
    const proxyAddresses = ["smtp:O'Neil+x@contoso.com"];
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 404, "Request_ResourceNotFound"),
        (r) => json(r, { value: [anna, { ...anna, proxyAddresses }] }),
        (r) => json(r, anna),
      ),
    );
    const { graph } = await opened(tenant);
    expect(await graph.directory.find("o'neil+x@contoso.com")).toMatchObject({
      addresses: ["o'neil+x@contoso.com", "anna.berg@contoso.com"],
    });
    expect(await graph.directory.find(anna.id)).toEqual(annaUser);
    expect(tenant.requests[0]?.url).toMatch(/^\/v1\.0\/users\/o'neil%2Bx%40contoso\.com\?\$select=id,/);
    const filter = new URL(tenant.url + tenant.requests[1]?.url).searchParams.get("$filter");
    expect(filter).toBe("proxyAddresses/any(p:p eq 'smtp:o''neil+x@contoso.com')");
  });

  it("asks for a distinguished name with the consistency level that such a filter needs", async () => {
    const onPremisesDistinguishedName = "CN=Berg\\, Anna,OU=Legal,DC=contoso,DC=com";
    const tenant = await aTenant((_request, r) => json(r, { value: [anna, { ...anna, onPremisesDistinguishedName }] }));
    const { graph } = await opened(tenant);
    expect(await graph.directory.find("cn=berg\\2C anna, ou=Legal,dc=contoso,dc=com")).toEqual({
      ...annaUser,
      onPremisesDistinguishedName,
    });
    const { searchParams } = new URL(tenant.url + tenant.requests[0]?.url);
    expect(searchParams.get("$filter")).toBe(
      "onPremisesDistinguishedName eq 'CN=berg\\, anna,OU=Legal,DC=contoso,DC=com'",
    );
    expect(searchParams.get("$count")).toBe("true");
    expect(tenant.requests[0]?.headers.consistencylevel).toBe("eventual");
  });

  it("reads everybody where that filter is refused, once for all who ask at a time", async () => {
    const named = { ...anna, onPremisesDistinguishedName: "CN=Anna,DC=contoso,DC=com" };
    const tenant = await aTenant((request, r) =>
      request.url?.includes("$filter") ? refuse(r, 400, "Request_UnsupportedQuery") : json(r, { value: [anna, named] }),
    );
    const { graph } = await opened(tenant);
    const names = ["CN=Anna,DC=contoso,DC=com", "CN=Ben,DC=contoso,DC=com"];
    const [found, nobody] = await Promise.all(names.map((name) => graph.directory.find(name)));
    expect(found).toMatchObject({ id: anna.id });
    expect(nobody).toBeUndefined();
    expect(tenant.requests.filter(({ url }) => !url.includes("$filter"))).toHaveLength(1);
  });

  it("finds nobody only when Graph says so", async () => {
    const tenant = await aTenant(
      inTurn(
        (r) => refuse(r, 404, "Request_ResourceNotFound"),
        (r) => json(r, { value: [] }),
        (r) => json(r, { value: [anna] }),
        (r) => r.writeHead(404).end(),
      ),
    );
    const { graph } = await opened(tenant);
    expect(await graph.directory.find("nobody@contoso.com")).toBeUndefined();
    await expect(graph.directory.find("nobody@contoso.com")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("asks nothing for what cannot be a name", async () => {
    const tenant = await aTenant((_request, response) => json(response, anna));
    const { graph } = await opened(tenant);
    for (const name of ["", "a b@c.d", "../me", "a?b", "x".repeat(300)])
      expect(await graph.directory.find(name)).toBeUndefined();
    expect(tenant.requests).toEqual([]);
    expect(await graph.directory.find("guest_x.com#EXT#@contoso.com")).toEqual(annaUser);
    expect(tenant.requests[0]?.url).toContain("/users/guest_x.com%23EXT%23%40contoso.com?");
  });
});
