// Verifications and proofs over HTTP.
import { z } from "zod";
import { AnyMailboxId, MessageKey, VerificationId } from "../core/ids.js";
import { findingCodes } from "../verify/finding.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Depth = z.enum(["chain", "full"]);
const Status = z.enum(["pending", "running", "succeeded", "findings", "failed", "cancelled"]);

/** Ids in one request: more are asked for as all. */
const mostMailboxes = 100;

export const VerifyInput = z.strictObject({
  mailboxes: z
    .array(AnyMailboxId)
    .min(1)
    .max(mostMailboxes)
    .optional()
    .describe("Directory object ids; without it every mailbox with anything archived"),
  depth: Depth.default("full").describe("chain: ledger and presence of packs; full: every byte, and the catalog"),
});

export const FindingAnswer = z.strictObject({
  code: z.enum(findingCodes),
  mailbox: z.string().optional().describe("Absent for what belongs to the archive as a whole"),
  seq: z.number().int().min(1).optional().describe("The ledger record it belongs to"),
  message: z.string().optional().describe("The key of the message"),
  blob: z.string().optional().describe("The blob that is missing or wrong"),
  detail: z.string(),
});

export const FindingsAnswer = z.strictObject({
  count: count.describe("All of them"),
  byCode: z.partialRecord(z.enum(findingCodes), count),
  kept: z.array(FindingAnswer).describe("The first hundred, with their places"),
});

export const ReadAnswer = z.strictObject({
  records: count,
  packs: count,
  messages: count.describe("Put together from pack and attachments, and hashed"),
  attachments: count.describe("Attachment blobs read; one may be read for several messages"),
  rows: count.describe("Catalog rows compared with the ledger"),
  bytes: count.describe("Stored bytes read"),
});

export const OrphansAnswer = z.strictObject({
  count: count.describe("Packs that no record names: left behind by a crash or a lost race, no damage"),
  bytes: count,
  names: z.array(z.string()).describe("The first twenty"),
});

export const VerifyProblem = z.strictObject({
  code: z.string(),
  message: z.string(),
  mailbox: z.string().optional(),
});

export const VerificationAnswer = z.strictObject({
  id: z.string(),
  depth: Depth,
  trigger: z.enum(["manual", "schedule"]),
  status: Status.describe("succeeded only when everything was read to its end and nothing was found"),
  requestedAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  cancelRequested: z.boolean(),
  mailboxes: z.strictObject({ total: count, done: count, withFindings: count, failed: count, cancelled: count }),
  read: ReadAnswer,
  findings: FindingsAnswer,
  orphans: OrphansAnswer,
  problems: z.array(VerifyProblem).describe("What could not be read, and why; of this nothing is said"),
  proves: z.array(z.string()).describe("What a succeeded verification says; empty for any other"),
  doesNotProve: z.array(z.string()),
});

export const MailboxVerificationAnswer = z.strictObject({
  verification: z.string(),
  mailbox: z.string(),
  status: Status,
  head: z
    .strictObject({ seq: count, sha256: Hash })
    .nullable()
    .describe("The last ledger record read: keep its hash elsewhere, it vouches for everything before it"),
  read: ReadAnswer,
  findings: FindingsAnswer,
  orphans: OrphansAnswer,
  problem: VerifyProblem.nullable(),
  updatedAt: time,
  endedAt: time.nullable(),
});
export const MailboxVerificationList = listOf(MailboxVerificationAnswer);

export const ProofAnswer = z.strictObject({
  format: z.literal("mailkeep-proof"),
  formatVersion: z.literal(1),
  mailbox: z.string(),
  message: z.strictObject({ key: z.string(), sha256: Hash, size: count }),
  inclusion: z
    .strictObject({ index: count, count, path: z.array(Hash), root: Hash })
    .describe("RFC 6962 section 2.1.1: from the message's hash to the Merkle root of its record, lowest first"),
  storedAt: z.string(),
  chain: z
    .array(z.strictObject({ seq: count, sha256: Hash }))
    .describe("The record of the message, then those after it"),
  complete: z.boolean().describe("Whether the chain reaches the newest record"),
  head: z
    .strictObject({
      id: z.string(),
      head: z.string().describe("The head's bytes, exactly: its signature is over them"),
      entry: z.strictObject({ mailbox: z.string(), seq: count, sha256: Hash }),
      inclusion: z
        .strictObject({ index: count, count, path: z.array(Hash) })
        .describe("From {mailbox}:{seq}:{sha256} of the entry to the head's Merkle root"),
      signature: z.looseObject({ kid: z.string(), alg: z.string(), signature: z.string() }).nullable(),
      key: z.looseObject({ kty: z.string(), kid: z.string() }).nullable(),
      timestamp: z.string().nullable().describe("TimeStampResp (RFC 3161), DER in base64"),
    })
    .nullable()
    .describe("The first daily head that vouches for the record; null while there is none"),
});

const tag = "verify";
const params = z.strictObject({ id: VerificationId });

export const verifyRoutes = {
  startVerification: route({
    method: "POST",
    path: "/verify",
    tag,
    summary: "Read the archive back and compare it with what was stored",
    right: "operate",
    body: VerifyInput,
    answer: { status: 202, schema: VerificationAnswer, location: true },
    problems: [404],
  }),
  getVerification: route({
    method: "GET",
    path: "/verify/{id}",
    tag,
    summary: "How a verification stands: what was read, what was found, what that proves",
    right: "see",
    params,
    answer: { status: 200, schema: VerificationAnswer },
    problems: [404],
  }),
  listMailboxVerifications: route({
    method: "GET",
    path: "/verify/{id}/mailboxes",
    tag,
    summary: "The same for each mailbox",
    right: "see",
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: MailboxVerificationList },
    problems: [404],
  }),
  cancelVerification: route({
    method: "POST",
    path: "/verify/{id}/cancel",
    tag,
    summary: "Cancel: mailboxes at work stop within seconds; a verification that has ended otherwise is refused",
    right: "operate",
    params,
    answer: { status: 202, schema: VerificationAnswer, location: true },
    problems: [404, 409],
  }),
  getProof: route({
    method: "GET",
    path: "/mailboxes/{id}/messages/{key}/proof",
    tag,
    summary:
      "The proof of one message, to be checked without mailkeep: from its hash to its record and on to the newest",
    right: "see",
    params: z.strictObject({ id: AnyMailboxId, key: MessageKey }),
    answer: { status: 200, schema: ProofAnswer },
    problems: [404],
  }),
};
