// Exports over HTTP: ask for one, watch it, fetch it.
import { z } from "zod";
import { ExportId } from "../core/ids.js";
import { ExportInput } from "../export/selection.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Amount = z.strictObject({ messages: count, bytes: count.describe("As Graph sent them") });

export const ExportGap = z.strictObject({
  code: z.string(),
  message: z.string(),
  mailbox: z.string().optional(),
  address: z.string().optional(),
  key: z.string().optional(),
  folderPath: z.string().optional(),
  subject: z.string().optional(),
});

export const ExportAnswer = z.strictObject({
  id: z.string(),
  format: z.enum(["eml-zip", "mbox", "bagit"]),
  status: z
    .enum(["pending", "running", "succeeded", "succeededWithGaps", "failed", "cancelled"])
    .describe("succeededWithGaps: something that was asked for is missing, and it is named"),
  phase: z.enum(["planning", "writing", "readingBack"]).nullable(),
  asked: z.strictObject({
    mailboxes: count,
    profile: z.string().nullable(),
    folder: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    sender: z.string().optional(),
    subject: z.string().optional(),
    proofs: z.boolean().optional(),
    keys: count.optional(),
  }),
  requestedAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  cancelRequested: z.boolean(),
  planned: Amount.describe("What was found to export"),
  exported: Amount,
  notExported: z.strictObject({
    count,
    first: z.array(ExportGap).describe("The first twenty; all of them are in not-exported.csv and .jsonl in the zip"),
  }),
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe("Why it failed"),
  result: z
    .strictObject({
      blob: z.string().describe("Name in the container exports"),
      size: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      content: z.string().describe("Path of this API that gives its bytes"),
    })
    .nullable(),
  expiresAt: time.nullable().describe("When the result is removed, 30 days after the export ended"),
  link: z
    .strictObject({ url: z.string(), expiresAt: time })
    .nullable()
    .describe("A link that needs no token and expires, where storage is reached by identity"),
});
export const ExportList = listOf(ExportAnswer);

const tag = "exports";
const params = z.strictObject({ id: ExportId });

export const exportRoutes = {
  createExport: route({
    method: "POST",
    path: "/exports",
    tag,
    summary: "Export mail into a zip: .eml files, mbox files, or a BagIt bag",
    right: "read",
    body: ExportInput,
    answer: { status: 202, schema: ExportAnswer, location: true },
    problems: [404],
  }),
  listExports: route({
    method: "GET",
    path: "/exports",
    tag,
    summary: "Exports, newest first",
    right: "read",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ExportList },
  }),
  getExport: route({
    method: "GET",
    path: "/exports/{id}",
    tag,
    summary: "One export: progress, what could not be exported and why, its SHA-256 and a link to it",
    right: "read",
    params,
    answer: { status: 200, schema: ExportAnswer },
    problems: [404],
  }),
  getExportContent: route({
    method: "GET",
    path: "/exports/{id}/content",
    tag,
    summary: "The zip itself; the ETag is its SHA-256",
    right: "read",
    params,
    answer: { status: 200, bytes: "application/zip", etag: true },
    problems: [404, 409],
  }),
  deleteExport: route({
    method: "DELETE",
    path: "/exports/{id}",
    tag,
    summary: "Remove an export and its result for good; one at work is cancelled first",
    right: "read",
    params,
    answer: { status: 204 },
    problems: [404],
  }),
  cancelExport: route({
    method: "POST",
    path: "/exports/{id}/cancel",
    tag,
    summary:
      "Cancel: the work stops within seconds, and nothing is kept of it; an export that has ended otherwise is refused",
    right: "read",
    params,
    answer: { status: 202, schema: ExportAnswer, location: true },
    problems: [404, 409],
  }),
};
