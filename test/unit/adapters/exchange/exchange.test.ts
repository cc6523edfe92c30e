// The adapter against a server that answers as Exchange was seen to, on its bad days too; and against the sample tenant.
import { describe, expect, it, onTestFinished } from "vitest";
import { openExchange } from "../../../../lib/adapters/exchange/open.js";
import { staticToken, type TokenSource } from "../../../../lib/adapters/graph/token.js";
import { stoppedClock } from "../../../../lib/adapters/memory/clock.js";
import { MailboxId } from "../../../../lib/core/ids.js";
import { startTenant, type TenantOptions } from "../../../../lib/local/tenant/server.js";
import { silentLog } from "../../../../lib/ports/log.js";
import { repeatableRandom } from "../../../build/repeatable-random.js";
import { type Answering, aTenant, inTurn, json, startOfTime } from "../graph/a-tenant.js";

const anna = MailboxId.parse("6f1c2f6e-0000-4000-8000-000000000001");
const group = "everyone@contoso.com";

function exchangeAt(baseUrl: string, options: { token?: TokenSource; tenantId?: string | undefined } = {}) {
  const clock = stoppedClock(startOfTime);
  const exchange = openExchange({
    baseUrl,
    tenantId: "tenantId" in options ? options.tenantId : "c0ffee00-0000-4000-a000-000000000001",
    token: options.token ?? staticToken("sample-token"),
    clock,
    random: repeatableRandom("exchange"),
    log: silentLog,
    requestTimeoutMs: 5_000,
  });
  onTestFinished(() => exchange.close());
  return { exchange, clock };
}

async function onServer(answer: Answering, options: Parameters<typeof exchangeAt>[1] = {}) {
  const tenant = await aTenant(answer);
  return { tenant, ...exchangeAt(tenant.url, options) };
}

async function onSampleTenant(options: TenantOptions = {}) {
  const tenant = await startTenant({ mailboxes: 4, messagesPerMailbox: 0, hugeMessageBytes: 0, ...options });
  onTestFinished(() => tenant.close());
  return { tenant, ...exchangeAt(tenant.baseUrl) };
}

const failure = (type: string, text: string, code = "BadRequest") => ({
  error: {
    code,
    message: "Invalid Operation",
    details: [{ code: "Client", target: "", message: `|Microsoft.Exchange.${type}|${text}` }],
    innererror: {
      message: "Invalid Operation",
      internalexception: { message: text, type: `Microsoft.Exchange.${type}` },
    },
  },
  "@adminapi.warnings": [],
});

const mailbox = {
  ExternalDirectoryObjectId: anna,
  "InPlaceHolds@odata.type": "#Collection(String)",
  InPlaceHolds: ["UniH1,-mbx2"],
  LitigationHoldEnabled: true,
  ComplianceTagHoldApplied: false,
  DelayHoldApplied: true,
};
const annasHolds = {
  litigationHold: true,
  inPlaceHolds: ["UniH1", "-mbx2"],
  complianceTagHold: false,
  delayHold: true,
  organizationHolds: ["mbx3:2", "grp4:3"],
};
/** What Exchange says of the whole organisation, where a test does not say otherwise. */
const organization = { Name: "contoso.onmicrosoft.com", InPlaceHolds: ["mbx3:2", "grp4:3"] };
const saying =
  (body: unknown, status = 200): Answering =>
  (request, response) =>
    request.headers["x-cmdletname"] === "Get-OrganizationConfig"
      ? json(response, { value: [organization] })
      : json(response, body, status);

describe("the holds of a mailbox", () => {
  it.each([
    ["a list in an envelope", { value: [mailbox], "@adminapi.warnings": [] }],
    ["a bare list", [mailbox]],
    ["one object alone", { "@odata.context": "x", ...mailbox }],
  ])("are read from %s", async (_, body) => {
    const { exchange } = await onServer(saying(body));
    expect(await exchange.holds(anna)).toEqual(annasHolds);
  });

  it("are asked for with the anchor that routes every page, and of the tenant named in the settings", async () => {
    const { exchange, tenant } = await onServer(saying({ value: [mailbox] }));
    await exchange.holds(anna);
    expect(tenant.requests[0]?.url).toBe("/adminapi/beta/c0ffee00-0000-4000-a000-000000000001/InvokeCommand");
    expect(tenant.requests[0]?.headers).toMatchObject({
      authorization: "Bearer sample-token",
      "x-anchormailbox": "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@c0ffee00-0000-4000-a000-000000000001",
      "x-cmdletname": "Get-Mailbox",
    });
  });

  it.each([
    ["the object of somebody else", { value: [{ ...mailbox, ExternalDirectoryObjectId: "somebody-else" }] }],
    ["an object without its holds", { value: [{ ExternalDirectoryObjectId: anna, InPlaceHolds: [] }] }],
    ["null for its holds", { value: [{ ...mailbox, InPlaceHolds: null }] }],
    ["holds that are not all texts", { value: [{ ...mailbox, InPlaceHolds: [{ Id: "UniH1" }] }] }],
    ["a delay that is neither yes nor no", { value: [{ ...mailbox, DelayHoldApplied: null }] }],
    ["a label that is neither yes nor no", { value: [{ ...mailbox, ComplianceTagHoldApplied: "perhaps" }] }],
    ["holds of a kind nobody knows", { value: [{ ...mailbox, InPlaceHolds: { IsPresent: true } }] }],
    ["an error inside a 200", failure("X", "y")],
    ["an empty object", {}],
    ["a warning that there is more", { value: [mailbox], "@adminapi.warnings": ["There are more results available"] }],
  ])("are not known from %s", async (_, body) => {
    const { exchange } = await onServer(saying(body));
    await expect(exchange.holds(anna)).rejects.toMatchObject({ code: "unavailable" });
  });

  it.each([
    ["without its policies", { value: [{ Name: "contoso.onmicrosoft.com" }] }],
    ["with a number for them", { value: [{ InPlaceHolds: 2 }] }],
    ["with two organisations", { value: [organization, organization] }],
    ["with a part of them", { value: [organization], "@adminapi.warnings": ["There are more results"] }],
    ["by a busy server", failure("ServerBusyException", "busy"), 503],
  ])("are not known when the organisation answers %s", async (_, body, status = 200) => {
    const { exchange } = await onServer((request, response) =>
      request.headers["x-cmdletname"] === "Get-Mailbox"
        ? json(response, { value: [mailbox] })
        : json(response, body, status),
    );
    await expect(exchange.holds(anna)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("are nobody's when Exchange knows no such mailbox; a 404 alone says nothing of the kind", async () => {
    const missing = failure("Configuration.Tasks.ManagementObjectNotFoundException", "couldn't be found", "NotFound");
    const known = await onServer((_request, response) => json(response, missing, 404));
    expect(await known.exchange.holds(anna)).toBeUndefined();
    const bare = await onServer((_request, response) => json(response, {}, 404));
    await expect(bare.exchange.holds(anna)).rejects.toMatchObject({ code: "invalid" });
  });

  it("are refused in words, though the 403 is a run of NUL bytes", async () => {
    const { exchange, tenant } = await onServer((_request, response) => {
      response.writeHead(403);
      response.end("\0".repeat(300));
    });
    const refusal = {
      code: "forbidden",
      reason: "EXCHANGE_FORBIDDEN",
      message: expect.stringContaining("View-Only Recipients"),
    };
    await expect(exchange.holds(anna)).rejects.toMatchObject(refusal);
    expect(tenant.requests).toHaveLength(1);
  });

  it("need a tenant id", async () => {
    const { exchange, tenant } = await onServer((_request, response) => json(response, {}), { tenantId: undefined });
    await expect(exchange.holds(anna)).rejects.toMatchObject({ reason: "EXCHANGE_TENANT_UNKNOWN" });
    expect(tenant.requests).toHaveLength(0);
  });
});

describe("trying again", () => {
  it.each([
    ["503 without a body", (r: Parameters<typeof json>[0]) => void r.writeHead(503).end()],
    ["429 with Retry-After", (r: Parameters<typeof json>[0]) => json(r, {}, 429, { "retry-after": "7" })],
    [
      "400 ServerBusyException",
      (r: Parameters<typeof json>[0]) => json(r, failure("ServerBusyException", "busy"), 400),
    ],
    [
      "400 with a passing code",
      (r: Parameters<typeof json>[0]) => json(r, { error: { code: "TransientException" } }, 400),
    ],
    ["JSON that ends too soon", (r: Parameters<typeof json>[0]) => void r.writeHead(200).end('{"value":[')],
    ["a connection that breaks", (r: Parameters<typeof json>[0]) => void r.socket?.destroy()],
  ])("helps against %s", async (name, bad) => {
    const { exchange, tenant, clock } = await onServer(
      inTurn(
        bad,
        (r) => json(r, { value: [mailbox] }),
        (r) => json(r, { value: [organization] }),
      ),
    );
    expect(await exchange.holds(anna)).toEqual(annasHolds);
    expect(tenant.requests).toHaveLength(3);
    if (name.startsWith("429")) expect(clock.slept).toEqual([7_000]);
  });

  it("ends after four tries", async () => {
    const { exchange, tenant } = await onServer((_request, response) => void response.writeHead(502).end());
    await expect(exchange.holds(anna)).rejects.toMatchObject({ code: "unavailable" });
    expect(tenant.requests).toHaveLength(4);
  });

  it("is of no use when the pause is long: the queue's business", async () => {
    const { exchange } = await onServer((_request, response) => json(response, {}, 429, { "retry-after": "600" }));
    await expect(exchange.holds(anna)).rejects.toMatchObject({ code: "throttled", retryAfterMs: 600_000 });
  });

  it("is done once with a fresh token, and no more", async () => {
    const token = { get: async (options?: { fresh?: boolean }) => (options?.fresh ? "new" : "old") };
    const { exchange, tenant } = await onServer((_request, response) => void response.writeHead(401).end(), { token });
    await expect(exchange.holds(anna)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(tenant.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  });
});

describe("the members of a dynamic group", () => {
  const row = (n: number) => ({
    ExternalDirectoryObjectId: `user-${n}`,
    PrimarySmtpAddress: `U${n}@contoso.com`,
    DisplayName: `U ${n}`,
  });

  /** Two pages of members; `second` answers the request for the second one. */
  const paged = (second: (r: Parameters<typeof json>[0], url: string) => void) => async () => {
    const urls: string[] = [];
    const { exchange, tenant } = await onServer((request, response) => {
      const url = `http://${request.headers.host}${request.url}`;
      urls.push(request.url ?? "");
      const cmdlet = request.headers["x-cmdletname"];
      if (cmdlet === "Get-DynamicDistributionGroup")
        return json(response, { value: [{ PrimarySmtpAddress: group, DisplayName: "Everyone" }] });
      if (url.includes("skiptoken")) return second(response, url);
      json(response, { value: [row(1)], "@odata.nextLink": `${url}?%24skiptoken=2`, "@adminapi.warnings": ["more"] });
    });
    return { exchange, tenant, urls };
  };

  it("come from all pages, the documented door first", async () => {
    const { exchange, tenant, urls } = await paged((r) => json(r, { value: [row(2)], "@adminapi.warnings": [] }))();
    expect(await exchange.dynamicGroupMembers(group)).toEqual({
      displayName: "Everyone",
      members: [
        { id: "user-1", address: "u1@contoso.com", displayName: "U 1" },
        { id: "user-2", address: "u2@contoso.com", displayName: "U 2" },
      ],
    });
    expect(urls.at(-1)).toMatch(/^\/adminapi\/v2\.0\/[^/]+\/DynamicDistributionGroupMember\?%24skiptoken=2$/);
    const anchors = new Set(tenant.requests.map(({ headers }) => headers["x-anchormailbox"]));
    expect(anchors.size).toBe(1);
  });

  it.each([
    [
      "expires",
      (r: Parameters<typeof json>[0]) => json(r, failure("X", "Expired or Invalid pagination request."), 400),
    ],
    ["is refused", (r: Parameters<typeof json>[0]) => json(r, {}, 403)],
    ["leads to itself", (r: Parameters<typeof json>[0], url: string) => json(r, { value: [], "@odata.nextLink": url })],
    [
      "ends with a warning",
      (r: Parameters<typeof json>[0]) => json(r, { value: [row(2)], "@adminapi.warnings": ["x"] }),
    ],
  ])("are not known when the next page %s, and the list was begun anew", async (_, second) => {
    const { exchange, urls } = await paged(second)();
    await expect(exchange.dynamicGroupMembers(group)).rejects.toMatchObject({
      code: "unavailable",
      reason: "EXCHANGE_RESULT_INCOMPLETE",
    });
    expect(urls.filter((url) => url.endsWith("Member"))).toHaveLength(3);
  });

  it("are not asked of another host", async () => {
    const { exchange, urls } = await paged((r) =>
      json(r, { value: [], "@odata.nextLink": "http://127.0.0.1:9/adminapi/x" }),
    )();
    await expect(exchange.dynamicGroupMembers(group)).rejects.toMatchObject({ code: "unavailable" });
    expect(urls).toHaveLength(3);
  });

  it("are not believed when Exchange shows another group than the one asked for", async () => {
    const { exchange } = await onServer((_request, response) =>
      json(response, {
        value: [{ PrimarySmtpAddress: "other@contoso.com" }, { PrimarySmtpAddress: "third@contoso.com" }],
      }),
    );
    await expect(exchange.dynamicGroupMembers(group)).rejects.toMatchObject({ reason: "EXCHANGE_WRONG_OBJECT" });
  });

  it("are found when the role allows the member cmdlet only", async () => {
    const { exchange } = await onServer((request, response) =>
      request.headers["x-cmdletname"] === "Get-DynamicDistributionGroup"
        ? json(response, failure("AmbiguousParameterSetException", "no"), 400)
        : json(response, { value: [row(1)] }),
    );
    expect((await exchange.dynamicGroupMembers(group))?.members).toHaveLength(1);
  });

  it.each([
    ["a refusal of the cmdlet", "\0".repeat(100), 403],
    ["a door that does not know the cmdlet", failure("CommandNotFoundException", "The term is not recognized"), 404],
    ["no organisation at all", { value: [] }, 200],
  ])("leave those of the organisation open after %s", async (_, body, status) => {
    const { exchange } = await onServer((request, response) => {
      const isOrganization = request.headers["x-cmdletname"] === "Get-OrganizationConfig";
      return isOrganization ? json(response, body, status) : json(response, { value: [mailbox] });
    });
    expect(await exchange.holds(anna)).toEqual({ ...annasHolds, organizationHolds: undefined });
  });

  it("are never asked for without a name, which would name everybody", async () => {
    const { exchange, tenant } = await onServer((_request, response) => json(response, { value: [row(1)] }));
    for (const name of ["", " ", "*", "a'b@c"]) expect(await exchange.dynamicGroupMembers(name)).toBeUndefined();
    expect(tenant.requests).toHaveLength(0);
  });
});

describe("on the sample tenant", () => {
  it("a dynamic group has its members through either door, over many pages", async () => {
    const { tenant, exchange } = await onSampleTenant();
    for (const habits of [{ pageSize: 1 }, { pageSize: 1, documentedEnabled: false }, { access: "invoke" as const }]) {
      tenant.faults.set({ exchange: habits });
      const found = await exchange.dynamicGroupMembers("everyone.berlin@contoso.example");
      expect(found?.displayName).toBe("Everyone Berlin");
      expect(found?.members.map(({ address }) => address)).toEqual([
        tenant.mailboxes.list()[0]?.address,
        tenant.mailboxes.list()[2]?.address,
        "shop@printing.example",
      ]);
    }
    expect(await exchange.dynamicGroupMembers("nobody.knows@contoso.example")).toBeUndefined();
    tenant.faults.set({ exchange: { pagingDies: true, pageSize: 1 } });
    await expect(exchange.dynamicGroupMembers("everyone.berlin@contoso.example")).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("holds and rights are what the administrators made them", async () => {
    const { tenant, exchange } = await onSampleTenant();
    const [first, second] = tenant.mailboxes.list().map(({ id }) => MailboxId.parse(id));
    tenant.mailboxes.hold(first as string, { litigationHold: true });
    expect((await exchange.holds(first as MailboxId))?.litigationHold).toBe(true);
    expect((await exchange.holds(second as MailboxId))?.litigationHold).toBe(false);
    tenant.mailboxes.holdOrganization(["mbx7cfb30345d454ac0a989ab3041051209:2"]);
    expect((await exchange.holds(second as MailboxId))?.organizationHolds).toEqual([
      "mbx7cfb30345d454ac0a989ab3041051209:2",
    ]);
    expect(await exchange.holds(MailboxId.parse("nobody"))).toBeUndefined();
    tenant.mailboxes.grantApplications([
      { appId: "app-1", role: "Mail.Read", scope: "Archived", members: [first as string] },
      { appId: "app-1", role: "MailboxSettings.Read" },
    ]);
    const everywhere = { permission: "MailboxSettings.Read", scope: undefined };
    expect(await exchange.applicationRights("app-1", second)).toEqual([
      { permission: "Mail.Read", scope: "Archived", inScope: false },
      { ...everywhere, inScope: true },
    ]);
    expect(await exchange.applicationRights("app-1")).toEqual([
      { permission: "Mail.Read", scope: "Archived", inScope: undefined },
      { ...everywhere, inScope: undefined },
    ]);
    expect(await exchange.applicationRights("app-2", first)).toEqual([]);
    tenant.faults.set({ exchange: { access: "none" } });
    await expect(exchange.holds(first as MailboxId)).rejects.toMatchObject({ code: "forbidden" });
  });
});
