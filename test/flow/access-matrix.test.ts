// The matrix of broken set-ups: each is named for what it is, with what mends it, and nothing else is blamed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticToken } from "../../lib/adapters/graph/token.js";
import { MailkeepError } from "../../lib/core/errors.js";
import type { FaultRule } from "../../lib/local/tenant/faults.js";
import { sampleAppId } from "../../lib/local/tenant/rights.js";
import { startTenant, type Tenant } from "../../lib/local/tenant/server.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";
import { aWorld, type WorldEdges, type WorldOptions } from "../build/a-world.js";
import { anApi } from "../unit/http/an-api.js";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await startTenant({ mailboxes: 2, messagesPerMailbox: 12, hugeMessageBytes: 0 });
});
afterAll(() => tenant.close());

const reader = ["Mail.Read", "User.Read.All", "MailboxSettings.Read"];
const anna = () => tenant.mailboxes.list()[0] ?? raise();
const ben = () => tenant.mailboxes.list()[1] ?? raise();

interface Case {
  name: string;
  /** Application permissions in the token; undefined: an opaque token that may do everything. */
  roles?: string[];
  expiresAt?: Date;
  /** Whose mail RBAC for Applications gives. */
  scope?: () => string[];
  policy?: () => string[];
  rules?: () => FaultRule[];
  exchange?: object;
  edges?: (edges: WorldEdges) => WorldEdges;
  token?: WorldOptions["token"];
  baseUrl?: string;
  /** What the profile has besides, e.g. a deletion rule. */
  profile?: object;
  /** Whom the test asks; Anna unless said. */
  asks?: () => string;
  /** Which probe fails, by which code, and what stands in its evidence. */
  fails: Record<string, string>;
  evidence?: Record<string, object>;
  /** What its words must contain. */
  says: RegExp;
  mayBePropagating?: boolean;
  missing?: string[];
}

const exchangeDoor = "POST /adminapi/InvokeCommand Get-Mailbox";
const deleting = { deletion: { mode: "afterArchive", olderThanDays: 90, action: "delete" } };
const onlyAnna = () => [anna().id];
const everyRoute = (does: FaultRule["do"]) => () => [{ do: does }];
const forbiddenBlobs = (error: MailkeepError) => (edges: WorldEdges) => {
  const blobs: BlobStore = {
    ...edges.blobs,
    putIfAbsent: () => Promise.reject(error),
    get: () => Promise.reject(error),
  };
  return { ...edges, blobs };
};
const writerGets = (writerFacts: NonNullable<WorldEdges["writerFacts"]>) => (edges: WorldEdges) => ({
  ...edges,
  writerFacts,
});
const storageSays = (code: "forbidden" | "unavailable", reason: string, status: number) =>
  new MailkeepError(code, `storage could not put a blob: ${status} ${reason}`, { reason, status, edge: "storage" });

const cases: Case[] = [
  {
    name: "no identity to get a token with",
    token: {
      get: () => Promise.reject(new MailkeepError("unauthenticated", "no token", { reason: "IDENTITY_UNAVAILABLE" })),
    },
    fails: { token: "IDENTITY_UNAVAILABLE" },
    says: /managed identity/,
  },
  {
    name: "a client secret that has expired",
    token: { get: () => Promise.reject(new MailkeepError("unauthenticated", "no token", { reason: "AADSTS7000222" })) },
    fails: { token: "AADSTS7000222" },
    says: /secret has expired/,
  },
  {
    name: "an expired token",
    roles: reader,
    expiresAt: new Date("2026-02-28T00:00:00Z"),
    fails: { token: "TOKEN_EXPIRED", directory: "InvalidAuthenticationToken" },
    evidence: { directory: { status: 401 } },
    says: /expired/,
  },
  {
    name: "401 from Graph",
    rules: everyRoute({ kind: "unauthenticated" }),
    fails: { directory: "InvalidAuthenticationToken" },
    evidence: { directory: { status: 401, code: "InvalidAuthenticationToken" } },
    says: /identity/,
  },
  {
    name: "no User.Read.All",
    roles: ["Mail.Read"],
    fails: { token: "ROLE_MISSING", directory: "Authorization_RequestDenied", address: "Authorization_RequestDenied" },
    evidence: { directory: { status: 403 } },
    says: /User\.Read\.All/,
    mayBePropagating: true,
  },
  {
    name: "a refusal with a code that nobody has named",
    rules: () => [{ route: "GET /users", do: { kind: "status", status: 403, code: "ErrorTeapot" } }],
    fails: { directory: "ErrorTeapot" },
    evidence: { directory: { status: 403, code: "ErrorTeapot" } },
    says: /no entry here/,
    mayBePropagating: false,
  },
  {
    name: "no right to mail at all",
    roles: ["User.Read.All"],
    fails: { mailbox: "MAIL_RIGHT_MISSING" },
    evidence: { mailbox: { status: 403, code: "ErrorAccessDenied" } },
    says: /Mail\.Read/,
    mayBePropagating: true,
    missing: ["scope"],
  },
  {
    name: "a right to mailbox settings, and none to mail",
    roles: ["User.Read.All", "MailboxSettings.Read"],
    fails: { folders: "MAIL_RIGHT_MISSING" },
    evidence: { folders: { status: 403, code: "ErrorAccessDenied" } },
    says: /Mail\.Read/,
    mayBePropagating: true,
    missing: ["scope"],
  },
  {
    name: "only Mail.ReadBasic.All: lists, and reads nothing",
    roles: ["User.Read.All", "Mail.ReadBasic.All"],
    fails: { mime: "MAIL_READ_BASIC_ONLY" },
    evidence: { mime: { status: 403, code: "ErrorAccessDenied" } },
    says: /ReadBasic/,
    mayBePropagating: true,
  },
  {
    name: "a mailbox outside the scope",
    roles: ["User.Read.All"],
    scope: onlyAnna,
    asks: () => ben().address,
    fails: { mailbox: "NOT_IN_SCOPE" },
    evidence: { mailbox: { status: 403, code: "ErrorAccessDenied" } },
    says: /outside the scope/,
    mayBePropagating: true,
    missing: ["scope"],
  },
  {
    name: "an Application Access Policy",
    roles: reader,
    policy: onlyAnna,
    asks: () => ben().address,
    fails: { mailbox: "APP_ACCESS_POLICY" },
    evidence: { mailbox: { status: 403, namesPolicy: true } },
    says: /Application Access Policy/,
  },
  {
    name: "a mailbox on premises",
    roles: reader,
    asks: () => "otto.onpremises@contoso.example",
    fails: { mailbox: "MailboxNotEnabledForRESTAPI" },
    says: /on-premises/,
  },
  {
    name: "a user without a mailbox",
    roles: reader,
    asks: () => "build.robot@contoso.example",
    fails: { address: "NO_MAIL_ADDRESS" },
    says: /no mail address/,
  },
  {
    name: "an address that nobody has",
    roles: reader,
    asks: () => "nobody@contoso.example",
    fails: { address: "ADDRESS_NOT_FOUND" },
    says: /spelling/,
  },
  {
    name: "a guest",
    roles: reader,
    asks: () => "lena.partner@fabrikam.example",
    fails: { address: "GUEST" },
    says: /own tenant/,
  },
  {
    name: "one folder that is shut",
    rules: () => [
      {
        route: "GET /users/{user}/mailFolders/{folder}/messages/delta",
        folder: inboxOf(anna().id),
        do: { kind: "forbidden" },
      },
    ],
    fails: { metadata: "ErrorAccessDenied" },
    evidence: { metadata: { status: 403 } },
    says: /1 of \d+ folders gave no page: \/Inbox/,
  },
  {
    name: "messages that may not be read",
    rules: () => [{ route: "GET /users/{user}/messages/{message}/$value", do: { kind: "forbidden" } }],
    fails: { mime: "ErrorAccessDenied" },
    evidence: { mime: { status: 403, code: "ErrorAccessDenied" } },
    says: /none of those that were tried could be read/,
  },
  {
    name: "messages that Exchange cannot render",
    rules: () => [{ route: "GET /users/{user}/messages/{message}/$value", do: { kind: "corrupt" } }],
    fails: { mime: "ErrorCorruptData" },
    evidence: { mime: { status: 500 } },
    says: /damaged/,
  },
  {
    name: "a container that is missing",
    edges: forbiddenBlobs(storageSays("unavailable", "ContainerNotFound", 404)),
    fails: { blob: "ContainerNotFound" },
    evidence: { blob: { status: 404 } },
    says: /container is not there/,
  },
  {
    name: "a storage account without the data role",
    edges: forbiddenBlobs(storageSays("forbidden", "AuthorizationPermissionMismatch", 403)),
    fails: { blob: "AuthorizationPermissionMismatch" },
    evidence: { blob: { status: 403 } },
    says: /Storage Blob.*Data Contributor/,
    mayBePropagating: true,
  },
  {
    name: "Exchange's administration without the app role",
    profile: deleting,
    rules: () => [{ route: exchangeDoor, do: { kind: "status", status: 401 } }],
    fails: { exchange: "EXCHANGE_TOKEN_REFUSED" },
    says: /Exchange\.ManageAsApp/,
    mayBePropagating: true,
  },
  {
    name: "Exchange's administration with the app role and no role in Exchange: 403 with NUL bytes",
    profile: deleting,
    exchange: { access: "none" },
    fails: { exchange: "EXCHANGE_FORBIDDEN" },
    says: /View-Only Recipients/,
    mayBePropagating: true,
  },
  {
    name: "a group, before the directory was ever read",
    roles: reader,
    profile: { mailboxes: { mode: "only", groups: ["legal@contoso.example"] } },
    fails: { selection: "DIRECTORY_SYNC_REQUIRED" },
    says: /POST \/api\/v1\/directory\/sync/,
  },
  {
    name: "a distinguished name, before the directory was ever read",
    roles: reader,
    asks: () => "CN=Anna Adler,OU=Legal,DC=contoso,DC=example",
    fails: { address: "DIRECTORY_SYNC_REQUIRED" },
    says: /POST \/api\/v1\/directory\/sync/,
  },
  {
    name: "an answer of Entra that nobody has named yet",
    token: { get: () => Promise.reject(new MailkeepError("unauthenticated", "no token", { reason: "AADSTS530003" })) },
    fails: { token: "AADSTS530003" },
    says: /sign-in log/,
  },
  {
    name: "a rule that deletes, and no second identity",
    profile: deleting,
    edges: ({ writerFacts: _, ...edges }) => edges,
    fails: { writer: "WRITER_IDENTITY_REQUIRED" },
    says: /WRITER_CLIENT_ID/,
  },
  {
    name: "a second identity that gets no token",
    profile: deleting,
    edges: writerGets(() => Promise.reject(new MailkeepError("unauthenticated", "no", { reason: "AADSTS7000222" }))),
    fails: { writer: "AADSTS7000222" },
    says: /secret has expired/,
  },
  {
    name: "a second identity that may only read",
    profile: deleting,
    edges: writerGets(async () => ({ roles: ["Mail.Read"], appId: sampleAppId })),
    fails: { writer: "WRITER_RIGHT_MISSING" },
    says: /Mail\.ReadWrite/,
    mayBePropagating: true,
  },
  {
    name: "Graph out of reach",
    baseUrl: "http://127.0.0.1:9",
    fails: { directory: "GRAPH_UNREACHABLE" },
    says: /GRAPH_BASE_URL/,
  },
  {
    name: "throttled without end",
    rules: everyRoute({ kind: "throttled", retryAfterSeconds: 600 }),
    fails: { directory: "THROTTLED" },
    says: /by itself/,
  },
];

const inboxOf = (mailbox: string) =>
  tenant.mailboxes.folders(mailbox).find(({ wellKnown }) => wellKnown === "inbox")?.id ?? raise();

function raise(): never {
  throw new Error("the sample tenant lacks what the test needs");
}

async function tested(one: Case) {
  const { roles, expiresAt, scope, policy, rules, edges, baseUrl, asks = () => anna().address } = one;
  tenant.mailboxes.grantApplications(
    scope ? [{ appId: sampleAppId, role: "Mail.Read", scope: "Archived", members: scope() }] : [],
  );
  tenant.mailboxes.setAccessPolicies(
    policy ? [{ appId: sampleAppId, right: "RestrictAccess", members: policy() }] : [],
  );
  tenant.faults.clear();
  if (rules) tenant.faults.set({ rules: rules() });
  if (one.exchange) tenant.faults.set({ exchange: one.exchange });
  const token =
    one.token ?? staticToken(roles ? tenant.tokenWith({ roles, ...(expiresAt && { expiresAt }) }) : tenant.token);
  await using world = await aWorld({ shared: tenant, token, ...(baseUrl && { baseUrl }), ...(edges && { edges }) });
  const body = { mailboxes: { mode: "only", mailboxes: [asks()] }, ...one.profile };
  return (await anApi(world.app)("POST", "/profiles/test", { body })).json;
}

describe("a broken set-up is named", () => {
  it.each(cases)("$name", async (one) => {
    const report = await tested(one);
    const probes = [...report.probes, ...report.mailboxes.flatMap((mailbox: { probes: object[] }) => mailbox.probes)];
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into any answer
    const failing = probes.filter(({ status }: any) => status === "failed");
    const codes = Object.fromEntries(failing.map(({ name, code }: { name: string; code: string }) => [name, code]));
    expect(codes).toEqual(one.fails);
    expect(report.result).toBe("failed");
    for (const probe of failing) {
      expect(probe).toMatchObject({ cause: expect.any(String), fix: expect.any(String), who: expect.any(String) });
      if (one.evidence?.[probe.name]) expect(probe.evidence).toMatchObject(one.evidence[probe.name] ?? {});
    }
    expect(JSON.stringify(failing)).toMatch(one.says);
    if (one.mayBePropagating !== undefined)
      expect(
        failing.some(
          (probe: { mayBePropagating: boolean; retryAt?: string }) => probe.mayBePropagating && probe.retryAt,
        ),
      ).toBe(one.mayBePropagating);
    if (one.missing) expect(report.mailboxes[0].conditions.missing).toEqual(one.missing);
    expect(JSON.stringify(report)).not.toContain("Bearer");
  });
});

it.each([
  ["a token without a right to mail", ["User.Read.All"], "MAIL_RIGHT_MISSING"],
  ["a token with one, which a policy takes away", ["User.Read.All", "Mail.Read"], "ErrorAccessDenied"],
])("the test of a connection tells %s", async (_, roles, code) => {
  tenant.mailboxes.grantApplications([]);
  tenant.mailboxes.setAccessPolicies([{ appId: sampleAppId, right: "RestrictAccess", members: [] }]);
  tenant.faults.clear();
  await using world = await aWorld({ shared: tenant, token: staticToken(tenant.tokenWith({ roles })) });
  const { json } = await anApi(world.app)("POST", "/connections/default/test");
  tenant.mailboxes.setAccessPolicies([]);
  expect(json).toMatchObject({ ok: false });
  expect(json.probes.at(-1)).toMatchObject({ name: "mailbox", code, cause: expect.any(String) });
});

it("a right to mail that was taken away is no scope, whatever it let the app read before", async () => {
  tenant.mailboxes.grantApplications([]);
  tenant.mailboxes.setAccessPolicies([]);
  tenant.faults.clear();
  let roles = reader;
  const token = { get: async () => tenant.tokenWith({ roles }) };
  await using world = await aWorld({ shared: tenant, token });
  const test = async (exchange: object) => {
    tenant.faults.set({ exchange });
    const body = { mailboxes: { mode: "only", mailboxes: [anna().address] } };
    return (await anApi(world.app)("POST", "/profiles/test", { body })).json;
  };
  expect(await test({})).toMatchObject({ result: "ok" });
  roles = ["User.Read.All"];
  const missing = { result: "failed", summary: expect.stringContaining("mailbox: MAIL_RIGHT_MISSING") };
  expect(await test({})).toMatchObject(missing);
  expect(await test({ access: "none" })).toMatchObject(missing);
});

describe("what works", () => {
  it("is said of every step, and what comes next", async () => {
    const report = await tested({ name: "", roles: reader, fails: {}, says: /./ });
    expect(report).toMatchObject({ result: "ok", identity: { appId: sampleAppId, roles: [...reader] } });
    const [mailbox] = report.mailboxes;
    expect(mailbox).toMatchObject({
      result: "ok",
      address: anna().address,
      conditions: { inProfile: true, readable: true, missing: [] },
      access: { mode: "tenantApp" },
    });
    expect(mailbox.probes.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`)).toEqual([
      "address ok",
      "mailbox ok",
      "kind ok",
      "folders ok",
      "metadata ok",
      "mime ok",
    ]);
    expect(report.next.map(({ path }: { path: string }) => path)).toContain("/api/v1/profiles");
  });

  it("is a scope that holds the mailbox, with a kind that need not be known", async () => {
    const report = await tested({ name: "", roles: ["User.Read.All"], scope: onlyAnna, fails: {}, says: /./ });
    expect(report).toMatchObject({ result: "ok" });
    expect(report.mailboxes[0].access).toMatchObject({ mode: "scopedApp" });
    expect(report.mailboxes[0].probes).toContainEqual(expect.objectContaining({ name: "kind", status: "notNeeded" }));
  });

  it("resolves an alias, and says to what", async () => {
    const alias = tenant.mailboxes
      .person(anna().id)
      .proxyAddresses.find((proxy) => proxy.startsWith("smtp:"))
      ?.slice(5);
    const report = await tested({ name: "", roles: reader, asks: () => alias ?? raise(), fails: {}, says: /./ });
    expect(report.mailboxes[0]).toMatchObject({ asked: alias, address: anna().address });
    expect(report.mailboxes[0].probes[0].detail).toContain(`resolved to ${anna().address}`);
  });

  it("names rights beyond what is needed", async () => {
    const report = await tested({ name: "", roles: [...reader, "Mail.Send"], fails: {}, says: /./ });
    expect(report.probes[0]).toMatchObject({ status: "ok", found: { extra: ["Mail.Send"] } });
  });
});
