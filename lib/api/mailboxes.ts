// Mailboxes of the directory snapshot over HTTP.
import { z } from "zod";
import { AnyMailboxId, ConnectionId, defaultConnection } from "../core/ids.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();

/** Whether the app may read a mailbox, and by which right. */
export const AccessAnswer = z.strictObject({
  mode: z
    .enum(["tenantApp", "scopedApp", "none", "unknown"])
    .describe(
      "tenantApp: by a permission of the whole tenant; scopedApp: by RBAC for Applications; none: refused; unknown: it can be read, and the token does not say why",
    ),
  readable: z.boolean(),
  since: time.describe("The mode has been this since"),
  checkedAt: time,
  lastReadAt: time.optional(),
  reason: z.string().optional().describe("The code of the refusal: GET /errors/{code}"),
  requestId: z.string().optional(),
  nextTestAt: time
    .optional()
    .describe("A schedule asks a refused mailbox no earlier; a test or a run by hand asks at once"),
});

export const MailboxAnswer = z.strictObject({
  id: z.string(),
  connection: z.string().describe("The connection through which the directory named it"),
  displayName: z.string(),
  userPrincipalName: z.string(),
  address: z.string(),
  addresses: z.array(z.string()),
  accountEnabled: z.boolean(),
  kind: z.enum(["user", "shared", "room", "equipment", "other", "unknown", "none"]),
  excluded: z.string().optional().describe("Why it cannot be archived; absent when it can"),
  excludedBecause: z.string().optional().describe("The same in words"),
  probedAt: time.optional().describe("When the mailbox itself was last asked for its kind"),
  onPremisesDistinguishedName: z.string().optional().describe("Where a synced account stands on premises"),
  joinedAt: time.optional().describe("When the directory first named the user, or named it again"),
  leftAt: time.optional().describe("The user is in the directory no longer, since then; what was archived stays"),
  access: AccessAnswer.optional().describe("Absent until the mailbox was asked"),
  seenAt: time.describe("When the directory last named the user"),
});
export const MailboxList = listOf(MailboxAnswer);

export const MailboxDetailAnswer = MailboxAnswer.extend({
  archive: z.strictObject({
    messages: count.describe("Messages stored, every version of an edited one counted"),
    bytes: count.describe("Their size as Graph sent them"),
    records: count.describe("Ledger records"),
    quarantined: count.describe("Owed another try, or given up"),
  }),
});

export const FolderAnswer = z.strictObject({
  id: z.string(),
  path: z.string(),
  totalItemCount: count.nullable(),
  hidden: z.boolean(),
});
export const FolderList = z.strictObject({
  source: z.enum(["mailbox", "archive"]).describe("Read just now, or what the archive knows while a worker is busy"),
  value: z.array(FolderAnswer),
});

export const QuarantinedAnswer = z.strictObject({
  id: z.string().describe("Graph's immutable id of the message"),
  folderId: z.string(),
  reason: z.string(),
  attempts: count,
  firstAt: time,
  lastAt: time,
  nextTryAt: time.optional().describe("Absent: given up until a person asks again"),
  requestId: z.string().optional(),
  owedBy: z.array(z.string()).optional().describe("The profiles that want it"),
});
export const QuarantineList = listOf(QuarantinedAnswer);

export const SyncAnswer = z.strictObject({
  users: count,
  mailboxes: count,
  excluded: count,
  joined: count,
  left: count,
  unasked: count.describe("Mailboxes whose kind is not known yet"),
  full: z.boolean().describe("Everything was read, as opposed to what has changed since the last sync"),
  syncedAt: time,
});

const tag = "mailboxes";
const params = z.strictObject({ id: AnyMailboxId });

export const mailboxRoutes = {
  listMailboxes: route({
    method: "GET",
    path: "/mailboxes",
    tag,
    summary: "The directory snapshot",
    right: "see",
    query: z.strictObject({ ...pageQuery, connection: ConnectionId.optional() }),
    answer: { status: 200, schema: MailboxList },
    problems: [404],
  }),
  getMailbox: route({
    method: "GET",
    path: "/mailboxes/{id}",
    tag,
    summary: "One mailbox",
    right: "see",
    params,
    answer: { status: 200, schema: MailboxDetailAnswer },
    problems: [404],
  }),
  listFolders: route({
    method: "GET",
    path: "/mailboxes/{id}/folders",
    tag,
    summary: "The folder tree of a mailbox",
    right: "see",
    params,
    answer: { status: 200, schema: FolderList },
    problems: [404, 409],
  }),
  listQuarantine: route({
    method: "GET",
    path: "/mailboxes/{id}/quarantine",
    tag,
    summary: "Messages owed another try, or given up",
    right: "see",
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: QuarantineList },
    problems: [404],
  }),
  syncDirectory: route({
    method: "POST",
    path: "/directory/sync",
    tag,
    summary: "Read the directory of a connection now, of default when none is named",
    right: "operate",
    query: z.strictObject({ connection: ConnectionId.default(defaultConnection) }),
    answer: { status: 200, schema: SyncAnswer },
    problems: [404],
  }),
};
