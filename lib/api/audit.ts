// The audit over HTTP: who did what, and the proof that nothing was taken out of it.
import { z } from "zod";
import { auditDamages } from "../audit/finding.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const seq = z.number().int().min(0);
const time = z.iso.datetime();

export const AuditEntryAnswer = z.strictObject({
  seq: seq.describe("From 1, without gaps"),
  time: time.optional(),
  kind: z.enum(["read", "change", "refused"]).optional(),
  subject: z.string().optional().describe("Object id of the caller; `schedule` and `rule` are mailkeep itself"),
  action: z.string().optional().describe("The operationId of the route"),
  object: z.string().optional().describe("The path with its ids"),
  outcome: z
    .enum(["asked", "done", "failed", "refused"])
    .optional()
    .describe("`asked` without a later entry of the same request: cut short by a crash"),
  code: z.string().optional(),
  result: z.string().optional().describe("What came into being"),
  fields: z.string().optional().describe("Names of the fields a caller chose by, never their values"),
  before: z
    .string()
    .optional()
    .describe("Of a changed profile, connection or schedule as it was: GET /audit/versions/{hash} has it"),
  after: z.string().optional().describe("The same as it is since; absent of what was removed"),
  count: z.number().int().min(1).optional().describe("For how many refusals this entry stands"),
  request: z.string().optional().describe("Joins the entries of one request with each other and with the log"),
  id: z.string().optional(),
  previous: z.string().optional().describe("Hash of the entry before"),
  hash: z.string(),
  intact: z.boolean().describe("Whether this row is as it was written; GET /audit/check says it of the chain"),
});
export const AuditList = listOf(AuditEntryAnswer);

export const AuditVersionAnswer = z.strictObject({
  sha256: z.string(),
  intact: z.boolean().describe("What is kept has this hash"),
  body: z.record(z.string(), z.unknown()).describe("As the API gave it then; it can be sent back"),
});

export const AuditPlace = z.strictObject({ seq, time: time.nullable(), hash: z.string() });
export const AuditFindingAnswer = z.strictObject({ code: z.enum(auditDamages), seq, detail: z.string() });

export const AuditCheckAnswer = z.strictObject({
  intact: z.boolean().describe("Everything that was looked at is as it was written"),
  complete: z.boolean().describe("False: go on with `to` set to the time of `first`"),
  entries: seq,
  first: AuditPlace.nullable(),
  last: AuditPlace.nullable(),
  anchors: seq.describe("Daily blobs that were compared"),
  firstBroken: AuditFindingAnswer.nullable(),
  findings: z.strictObject({ count: seq, kept: z.array(AuditFindingAnswer) }),
});

const Time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], "is not an ISO 8601 date or time")
  .transform((text) => new Date(text))
  .optional()
  .meta({ openapi: { type: "string", format: "date-time", description: "A date or a time (UTC)." } });

const Name = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w./~-]+$/, "holds other characters than ids do")
    .optional();

/** From (inclusive) and to (exclusive). */
const range = { from: Time, to: Time };
const tag = "audit";

export const auditRoutes = {
  listAudit: route({
    method: "GET",
    path: "/audit",
    tag,
    summary: "Who did what when to which object, newest first; a page may be short and still have a next one",
    right: "audit",
    query: z.strictObject({ ...range, subject: Name(128), object: Name(600), ...pageQuery }),
    answer: { status: 200, schema: AuditList },
  }),
  getAuditVersion: route({
    method: "GET",
    path: "/audit/versions/{hash}",
    tag,
    summary: "A profile, connection or schedule as it was before a change, or after it",
    right: "audit",
    params: z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 in 64 hex digits") }),
    answer: { status: 200, schema: AuditVersionAnswer },
    problems: [404],
  }),
  checkAudit: route({
    method: "GET",
    path: "/audit/check",
    tag,
    summary: "Proves that entries were neither dropped, changed nor moved, and names the first that was",
    right: "audit",
    query: z.strictObject(range),
    answer: { status: 200, schema: AuditCheckAnswer },
  }),
};
