// Archived messages over HTTP: list, one message, its exact bytes, its attachments.
import { z } from "zod";
import { AnyMailboxId, MessageKey } from "../core/ids.js";
import { ListQuery } from "../reading/input.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Address = z.strictObject({ name: z.string().optional(), email: z.string() });

export const MessageAnswer = z.strictObject({
  key: z.string().describe("Ours, stable, safe in a URL"),
  immutableId: z.string().describe("Graph's immutable id"),
  version: count.describe("1 for the first content stored of the message, 2 after it was edited"),
  folderId: z.string(),
  folderPath: z.string(),
  subject: z.string().nullable(),
  from: Address.nullable(),
  to: z.array(Address).optional().describe("Absent when unknown, or too many for a list"),
  cc: z.array(Address).optional(),
  bcc: z.array(Address).optional(),
  internetMessageId: z.string().optional(),
  receivedAt: z.string(),
  size: count.describe("Of the bytes that Graph sent"),
  sha256: Sha256.describe("Of the bytes that Graph sent"),
  hasAttachments: z.boolean().nullable().describe("As Exchange counts them; null when Graph did not say"),
  isRead: z.boolean().optional(),
  isDraft: z.boolean().optional(),
  flag: z.string().optional(),
  importance: z.string().optional(),
  categories: z.array(z.string()).optional(),
  storedAt: z.string(),
  removedAtSourceAt: z.string().nullable().describe("When it was found to have left the mailbox"),
  removedAtSourceBy: z
    .enum(["mailkeep", "mailbox"])
    .nullable()
    .describe("mailkeep: deleted by a profile's rule; mailbox: by somebody there"),
  seq: count.describe("The ledger record that committed it"),
  pack: z.string().describe("The pack that holds it"),
});
export const MessageList = listOf(MessageAnswer);

export const MessageDetailAnswer = MessageAnswer.extend({
  changeKey: z.string().optional(),
  fidelity: z.string().describe("mime: the bytes are what Graph sent"),
  newestKey: z.string().describe("Key of the newest version of the message"),
  entry: z
    .strictObject({ name: z.string(), offset: count, compressedLength: count, length: count })
    .describe("Where the message without its cuts lies in the pack"),
  cuts: count.describe("How many attachment blobs its bytes need"),
});

export const AttachmentAnswer = z.strictObject({
  number: z.number().int().min(1),
  filename: z.string(),
  contentType: z.string().describe("What the sender said it is; nobody has checked it"),
  size: count,
  sha256: Sha256,
  inline: z.boolean(),
  contentId: z.string().optional(),
});
export const AttachmentList = listOf(AttachmentAnswer);

const AttachmentNumber = z
  .string()
  .regex(/^[1-9][0-9]{0,3}$/, "is not the number of an attachment; the first is 1")
  .transform(Number)
  .meta({ openapi: { type: "integer", minimum: 1, maximum: 9_999 } });

const time = { openapi: { type: "string", description: "ISO 8601 date or date and time" } };
const { folder, from, to, q } = ListQuery.shape;

const tag = "messages";
const params = z.strictObject({ id: AnyMailboxId, key: MessageKey });

export const messageRoutes = {
  listMessages: route({
    method: "GET",
    path: "/mailboxes/{id}/messages",
    tag,
    summary: "What the archive holds, newest first; only a page without nextLink is the last, even if it is empty",
    right: "read",
    params: params.pick({ id: true }),
    query: z.strictObject({ folder, from: from.meta(time), to: to.meta(time), q, ...pageQuery }),
    answer: { status: 200, schema: MessageList },
    problems: [404],
  }),
  getMessage: route({
    method: "GET",
    path: "/mailboxes/{id}/messages/{key}",
    tag,
    summary: "All that is known of one message",
    right: "read",
    params,
    answer: { status: 200, schema: MessageDetailAnswer },
    problems: [404],
  }),
  getEml: route({
    method: "GET",
    path: "/mailboxes/{id}/messages/{key}/eml",
    tag,
    summary: "The exact bytes that Graph sent; the ETag is their SHA-256",
    right: "read",
    params,
    answer: { status: 200, bytes: "message/rfc822", etag: true, ranges: true },
    problems: [404],
  }),
  listAttachments: route({
    method: "GET",
    path: "/mailboxes/{id}/messages/{key}/attachments",
    tag,
    summary: "The attachments of one message",
    right: "read",
    params,
    answer: { status: 200, schema: AttachmentList },
    problems: [404, 413],
  }),
  getAttachment: route({
    method: "GET",
    path: "/mailboxes/{id}/messages/{key}/attachments/{number}",
    tag,
    summary: "One attachment, decoded; the ETag is its SHA-256",
    right: "read",
    params: params.extend({ number: AttachmentNumber }),
    answer: { status: 200, bytes: "application/octet-stream", etag: true, ranges: true },
    problems: [404, 413],
  }),
};
