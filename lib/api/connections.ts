// Connections over HTTP: tenants and the identities used to reach them. No field ever holds a secret.
import { z } from "zod";
import { ConnectionInput, IdentityInput } from "../connections/connection.js";
import { cloudNames } from "../core/hosts.js";
import { ConnectionId } from "../core/ids.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const time = z.iso.datetime();

const ShownIdentity = z.union([
  IdentityInput,
  z.strictObject({ kind: z.literal("defaultCredential"), clientId: z.null() }),
  z.strictObject({ kind: z.literal("staticToken"), setting: z.literal("GRAPH_WRITER_STATIC_TOKEN") }),
]);

export const ConnectionProbe = z.strictObject({
  name: z.enum(["proxy", "credential", "token", "directory", "mailbox", "writer"]),
  ok: z.boolean(),
  ms: z.number().int().min(0),
  evidence: z.string().optional().describe("What was seen"),
  code: z.string().optional().describe("Why it failed; GET /errors/{code} explains it"),
  message: z.string().optional(),
  cause: z.string().optional(),
  fix: z.string().optional(),
  who: z.string().optional().describe("Who can mend it"),
  command: z.string().optional(),
  link: z.string().optional(),
  requestId: z.string().optional(),
});

export const ConnectionTestAnswer = z.strictObject({
  connection: z.string(),
  bound: z.boolean().describe("Whether runs may use the connection now"),
  at: time,
  ok: z.boolean(),
  probes: z.array(ConnectionProbe).describe("In the order of their need; the first that fails is the last"),
});

export const ConnectionWarning = z.strictObject({ code: z.string(), message: z.string() });

export const ConnectionAnswer = z.strictObject({
  id: z.string(),
  description: z.string(),
  tenantId: z.string().nullable(),
  cloud: z.enum(cloudNames),
  graphBaseUrl: z.string(),
  exchangeBaseUrl: z.string(),
  loginBaseUrl: z.string(),
  identity: ShownIdentity,
  writerIdentity: ShownIdentity.nullable().describe("The second identity, which may delete"),
  proxy: ConnectionInput.shape.proxy.unwrap().describe("The way out to Graph, Exchange and the token endpoint"),
  bound: z.boolean().describe("Its test has passed as it is now, and no later one met a refusal"),
  state: z
    .enum(["untested", "bound", "failing"])
    .describe("failing: it was bound, and then refused; each run begins with its test, which binds it again"),
  failing: z.strictObject({ code: z.string(), message: z.string(), since: time }).nullable(),
  boundAt: time.nullable(),
  lastTest: z
    .strictObject({ at: time, ok: z.boolean(), probes: z.array(ConnectionProbe) })
    .nullable()
    .describe("What the last test found"),
  credential: z.strictObject({
    status: z.enum(["none", "ok", "expiring", "expired", "unknown"]).describe("expiring: within 30 days"),
    expiresAt: time.nullable(),
    daysLeft: z.number().int().nullable(),
    checkedAt: time.nullable(),
    problem: z.string().nullable(),
  }),
  refreshedAt: time.nullable(),
  warnings: z.array(ConnectionWarning),
  createdAt: time.nullable(),
  updatedAt: time.nullable(),
});
export const RefreshAnswer = z.strictObject({
  connection: z.string(),
  refreshedAt: time,
  roles: z.array(z.string()).nullable().describe("The permissions in a new token; null when it does not say"),
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe("Why there is no new token"),
  propagation: z.string().describe("How long a change of rights may still take"),
});
export const ConnectionList = listOf(ConnectionAnswer);

const ours = z.unknown().optional();

/** A connection as it was read may be sent back changed: what only we decide is accepted and has no effect. */
export const ConnectionReplacement = ConnectionInput.extend({
  id: ConnectionId.optional(),
  bound: ours,
  boundAt: ours,
  state: ours,
  failing: ours,
  lastTest: ours,
  credential: ours,
  refreshedAt: ours,
  warnings: ours,
  createdAt: ours,
  updatedAt: ours,
});

export const ConnectionTestInput = z
  .strictObject({
    /** Which mailbox to read: an address or an object id. Without it the first that answers. */
    mailbox: z.string().trim().min(1).max(320).optional(),
  })
  .optional();

const tag = "connections";
const params = z.strictObject({ id: ConnectionId });

export const connectionRoutes = {
  listConnections: route({
    method: "GET",
    path: "/connections",
    tag,
    summary: "Tenants and the identities used to reach them, default first",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ConnectionList },
  }),
  getConnection: route({
    method: "GET",
    path: "/connections/{id}",
    tag,
    summary: "One connection; never a secret",
    right: "see",
    params,
    answer: { status: 200, schema: ConnectionAnswer, etag: true },
    problems: [404],
  }),
  putConnection: route({
    method: "PUT",
    path: "/connections/{id}",
    tag,
    summary:
      "Create a connection (If-None-Match: *, answers 201) or replace one (If-Match); another tenant, host or identity unbinds it",
    right: "configure",
    params,
    body: ConnectionReplacement,
    needsIfMatch: "orNone",
    answer: { status: 200, schema: ConnectionAnswer, etag: true, location: true },
    problems: [404, 409],
  }),
  deleteConnection: route({
    method: "DELETE",
    path: "/connections/{id}",
    tag,
    summary: "Remove a connection that no profile uses; the mail archived through it stays",
    right: "configure",
    params,
    needsIfMatch: true,
    answer: { status: 204 },
    problems: [404, 409],
  }),
  testConnection: route({
    method: "POST",
    path: "/connections/{id}/test",
    tag,
    summary: "Credential, token, directory and one mailbox, each by a real call; binds the connection when all pass",
    right: "operate",
    params,
    body: ConnectionTestInput,
    answer: { status: 200, schema: ConnectionTestAnswer },
    problems: [404],
  }),
  refreshConnection: route({
    method: "POST",
    path: "/connections/{id}/refresh",
    tag,
    summary: "Forget tokens and open connections, on every instance: after rights were changed",
    right: "operate",
    params,
    answer: { status: 200, schema: RefreshAnswer },
    problems: [404],
  }),
};
