// Access over HTTP: can we read these mailboxes, and if not, why and what mends it.
import { z } from "zod";
import { AnyMailboxId, ConnectionId, defaultConnection, ProfileId } from "../core/ids.js";
import { ProfileInput } from "../profiles/profile.js";
import { probeNames } from "../reach/probe.js";
import { help } from "./errors.js";
import { pageQuery } from "./list.js";
import { AccessAnswer } from "./mailboxes.js";
import { AppliedOverrideAnswer } from "./overrides.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();

/** A profile that need not be saved, or have a name, to be tried. */
export const ProfileDraft = ProfileInput.extend({
  name: ProfileInput.shape.name.default("draft"),
  id: ProfileId.optional(),
  createdAt: z.string().max(40).optional(),
  updatedAt: z.string().max(40).optional(),
});

export const AccessTestInput = z
  .strictObject({
    mailboxes: z
      .array(z.string().trim().min(1).max(1_000))
      .min(1)
      .max(20)
      .optional()
      .describe("Test these instead of the first twenty that the profile chooses"),
  })
  .default({});

export const ProbeAnswer = z.strictObject({
  name: z.enum(probeNames),
  status: z
    .enum(["ok", "failed", "skipped", "notNeeded"])
    .describe("skipped: not asked, because something before it failed; notNeeded: nothing is the worse for it"),
  code: z.string().optional().describe("GET /errors/{code} explains it"),
  detail: z.string(),
  ...help,
  command: z.string().optional().describe("What mends it or shows more, for a shell"),
  who: z.string().optional().describe("Who can mend it"),
  evidence: z
    .strictObject({
      request: z.string(),
      status: z.number().int().optional(),
      code: z.string().optional().describe("As the other side called it"),
      requestId: z.string().optional(),
      namesPolicy: z.literal(true).optional().describe("Worded as an Application Access Policy words it: a hint"),
    })
    .optional(),
  found: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
  mayBePropagating: z.boolean().describe("A right is missing; one that was granted lately may not have arrived yet"),
  retryAt: time.optional().describe("In that case, or when a pause was asked for, test again no earlier"),
  ms: z.number(),
});

const Result = z.enum(["ok", "failed", "incomplete"]);
const Mode = z
  .enum(["tenantApp", "scopedApp", "none", "unknown"])
  .describe("tenantApp: by a permission of the whole tenant; scopedApp: by RBAC for Applications; none: refused");

export const MailboxTestAnswer = z.strictObject({
  asked: z.string(),
  id: z.string().nullable(),
  address: z.string().nullable(),
  displayName: z.string().nullable(),
  result: Result,
  conditions: z.strictObject({
    inProfile: z.boolean().nullable(),
    readable: z.boolean().nullable(),
    missing: z.array(z.enum(["profile", "scope"])).describe("Which of the two conditions does not hold"),
  }),
  leftOut: z.string().nullable().describe("Why the profile does not choose it"),
  override: AppliedOverrideAnswer.nullable().describe("The override of the profile that holds for it"),
  access: z.strictObject({ mode: Mode, since: time, checkedAt: time }).nullable(),
  probes: z.array(ProbeAnswer),
});

export const AccessTestAnswer = z.strictObject({
  result: Result,
  summary: z.string(),
  testedAt: time,
  ms: z.number(),
  identity: z.strictObject({
    tenantId: z.string().nullable(),
    appId: z.string().nullable(),
    principalId: z.string().nullable(),
    roles: z.array(z.string()).nullable().describe("Null when the token is opaque"),
  }),
  probes: z.array(ProbeAnswer),
  mailboxes: z.array(MailboxTestAnswer),
  notTested: count,
  next: z.array(
    z.strictObject({
      method: z.enum(["GET", "POST"]),
      path: z.string(),
      why: z.string(),
      body: z.unknown().optional().describe("Ready to be sent"),
    }),
  ),
});

export const MailboxAccessAnswer = z.strictObject({
  id: z.string(),
  address: z.string(),
  displayName: z.string(),
  inProfile: z.strictObject({
    holds: z.boolean().describe("An enabled profile chooses it"),
    profiles: z.array(z.strictObject({ id: z.string(), name: z.string(), enabled: z.boolean() })),
  }),
  inScope: z.strictObject({ holds: z.boolean().nullable().describe("The app may read it"), detail: z.string() }),
  missing: z.array(z.enum(["profile", "scope"])),
  access: AccessAnswer.nullable(),
  fix: z.string().nullable(),
  command: z.string().nullable(),
  link: z.url().nullable(),
});

export const BlastRadiusAnswer = z.strictObject({
  mode: Mode.nullable(),
  summary: z.string(),
  mailboxes: count,
  needed: count.describe("Chosen by an enabled profile"),
  unneeded: count.describe("Readable, and chosen by none"),
  unknown: count.describe("Chosen by none, and never asked"),
  fix: z.string().nullable(),
  link: z.url().nullable(),
  value: z.array(
    z.strictObject({
      id: z.string(),
      address: z.string(),
      displayName: z.string(),
      kind: z.enum(["user", "shared", "room", "equipment", "other", "unknown", "none"]),
      why: z.string(),
    }),
  ),
  nextLink: z.url().optional(),
});

const tag = "profiles";
const params = z.strictObject({ id: ProfileId });

export const reachRoutes = {
  testDraft: route({
    method: "POST",
    path: "/profiles/test",
    tag,
    summary: "Test a profile that is not saved: the calls of a run, with its identity, each by itself",
    right: "operate",
    body: ProfileDraft,
    answer: { status: 200, schema: AccessTestAnswer },
    problems: [404],
  }),
  testProfile: route({
    method: "POST",
    path: "/profiles/{id}/test",
    tag,
    summary: "Test a saved profile, or some mailboxes with it; a mailbox that was refused is asked again at once",
    right: "operate",
    params,
    body: AccessTestInput,
    answer: { status: 200, schema: AccessTestAnswer },
    problems: [404],
  }),
  getMailboxAccess: route({
    method: "GET",
    path: "/mailboxes/{id}/access",
    tag: "mailboxes",
    summary: "Both conditions of one mailbox: a profile chooses it, and the app may read it; which of them is missing",
    right: "see",
    params: z.strictObject({ id: AnyMailboxId }),
    answer: { status: 200, schema: MailboxAccessAnswer },
    problems: [404],
  }),
  getBlastRadius: route({
    method: "GET",
    path: "/access/blast-radius",
    tag: "mailboxes",
    summary: "What the app can read that no profile needs",
    right: "see",
    query: z.strictObject({ connection: ConnectionId.default(defaultConnection), ...pageQuery }),
    answer: { status: 200, schema: BlastRadiusAnswer },
    problems: [404, 409],
  }),
};
