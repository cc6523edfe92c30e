// Runs over HTTP: status, progress and coverage.
import { z } from "zod";
import { ProfileId, RunId } from "../core/ids.js";
import { skipCauses } from "../core/skip-cause.js";
import { keptCauses } from "../runs/deletion-counts.js";
import { help } from "./errors.js";
import { listOf, pageQuery } from "./list.js";
import { AppliedOverrideAnswer, SettingsAnswer } from "./overrides.js";
import { route } from "./route.js";
import { DirectoryAnswer, SelectedByAnswer, SelectionAnswer } from "./run-selection.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Status = z.enum([
  "pending",
  "running",
  "succeeded",
  "succeededWithGaps",
  "noChanges",
  "throttled",
  "failed",
  "cancelled",
]);

/** seen = stored + known + gone + skipped + quarantined, once a run has ended. */
export const TallyAnswer = z.strictObject({
  seen: count,
  stored: count,
  known: count,
  gone: count,
  skipped: count,
  quarantined: count,
});

export const SkippedAnswer = z
  .partialRecord(z.enum(skipCauses), count)
  .describe("Messages seen and not stored because the profile does not want them, or not yet: how many for each cause");

export const RunProblem = z.strictObject({
  code: z.string(),
  message: z.string(),
  folderPath: z.string().optional(),
  requestId: z.string().optional(),
  ...help,
});

/** What the profile's deletion rule came to. */
export const DeletionAnswer = z.strictObject({
  mode: z.literal("afterArchive"),
  action: z.enum(["moveToDeletedItems", "delete", "permanentDelete"]),
  dryRun: z.boolean(),
  candidates: count.describe("Archived messages still in a folder the profile chooses: the sum of what follows"),
  deleted: count,
  wouldDelete: count.describe("Of a dry run"),
  bytes: count.describe("Of what was, or would have been, deleted"),
  notDeleted: z.partialRecord(z.enum(keptCauses), count).describe("How many were left in the mailbox, by cause"),
  sample: z.array(z.string()).describe("The first keys of what was, or would have been, deleted"),
  policiesUnread: z
    .boolean()
    .describe(
      "Exchange does not show retention policies for the whole organisation to the app; it showed each mailbox's own holds",
    ),
});

export const RunAnswer = z.strictObject({
  id: z.string(),
  profile: z.string(),
  profileName: z.string(),
  connection: z.string().describe("The tenant it reads"),
  trigger: z.enum(["manual", "schedule"]),
  status: Status,
  requestedAt: time,
  startedAt: time.nullable(),
  resumeAt: time
    .nullable()
    .describe(
      "A run that could not begin is tried again then; `problems` says what is in the way. One that waits, or is throttled in all its mailboxes, goes on then",
    ),
  waitsFor: z.literal("BLACKOUT").nullable().describe("For the end of a blackout window of the schedule, at resumeAt"),
  blackouts: z
    .enum(["none", "observed", "ignored"])
    .describe(
      "Whether the blackout windows of the schedule hold this run; a run that a person wished for ignores them",
    ),
  endedAt: time.nullable(),
  cancelRequested: z.boolean(),
  selection: SelectionAnswer.nullable().describe("How the groups of the profile were expanded"),
  directory: DirectoryAnswer.nullable().describe("The directory as the run found it: who came and who left"),
  mailboxes: z.strictObject({ total: count, done: count, excluded: count, failed: count, withGaps: count }),
  tally: TallyAnswer,
  skipped: SkippedAnswer,
  unjudged: count.describe("Messages stored although Graph does not say of them what the filter asks"),
  bytes: count.describe("Bytes stored by this run, as Graph sent them"),
  moved: count,
  removed: count,
  changed: count,
  deletion: DeletionAnswer.nullable().describe("Null without a deletion rule"),
  problems: z.array(RunProblem),
});
export const RunList = listOf(RunAnswer);

export const MailboxRunAnswer = z.strictObject({
  run: z.string(),
  mailbox: z.string(),
  address: z.string(),
  displayName: z.string(),
  status: z.enum([...Status.options, "excluded"]),
  reason: z.string().nullable().describe("Why it was excluded or failed"),
  selectedBy: SelectedByAnswer.nullable().describe("Why it is in the run, or excepted from it"),
  override: AppliedOverrideAnswer.nullable().describe("The override of the profile that holds for it"),
  done: count.describe(
    "Messages dealt with, of `total`; with those fetched and not committed yet, so it can go back when a worker dies",
  ),
  total: count.describe("Messages that the chosen folders say they hold"),
  messages: count.describe("Messages stored by this run"),
  bytes: count.describe("Bytes stored by this run, as Graph sent them"),
  ratePerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  resumeAt: time.nullable().describe("A waiting mailbox goes on then"),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  updatedAt: time,
  tally: TallyAnswer,
  moved: count,
  removed: count,
  changed: count,
  deletion: DeletionAnswer.nullable().describe("Null without a deletion rule, and before its turn has come"),
  coverage: z.strictObject({
    folders: z.strictObject({ total: count, done: count }),
    absentFolders: z
      .array(z.string())
      .describe(
        "Well-known folders that the profile asks for and the mailbox says it does not have: nothing is missing for them",
      ),
    messagesInMailbox: count.describe("As the chosen folders say; advisory"),
    skipped: SkippedAnswer,
    unjudged: count.describe("Stored by this run although Graph does not say of them what the filter asks"),
    quarantined: count.describe("In quarantine now: GET /mailboxes/{id}/quarantine names them"),
    complete: z.boolean(),
  }),
  problems: z.array(RunProblem),
});
export const MailboxRunList = listOf(MailboxRunAnswer);

/** One message of a run's deletions. */
export const DeletionEntryAnswer = z.strictObject({
  mailbox: z.string(),
  key: z.string(),
  outcome: z
    .enum(["deleting", "deleted", "wouldDelete", "kept"])
    .describe("deleting: begun, and what came of it is not known yet"),
  cause: z.string().nullable().describe("Why it was kept"),
  code: z.string().nullable().describe("What is wrong with the archive's copy, or what Graph refused with"),
  detail: z.string().nullable(),
  size: count,
  at: time,
});
export const DeletionEntryList = listOf(DeletionEntryAnswer);

const tag = "runs";
const params = z.strictObject({ id: RunId });

export const runRoutes = {
  listRuns: route({
    method: "GET",
    path: "/runs",
    tag,
    summary: "Runs, newest first",
    right: "see",
    query: z.strictObject({ profile: ProfileId.optional(), ...pageQuery }),
    answer: { status: 200, schema: RunList },
  }),
  getRun: route({
    method: "GET",
    path: "/runs/{id}",
    tag,
    summary: "One run: status, progress, sums",
    right: "see",
    params,
    answer: { status: 200, schema: RunAnswer },
    problems: [404],
  }),
  listMailboxRuns: route({
    method: "GET",
    path: "/runs/{id}/mailboxes",
    tag,
    summary: "What the run did for each mailbox: progress, outcome, coverage",
    right: "see",
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: MailboxRunList },
    problems: [404],
  }),
  getRunSettings: route({
    method: "GET",
    path: "/runs/{id}/settings",
    tag,
    summary:
      "What the profile said when the run was asked for, and what its overrides made of it for the mailboxes they name",
    right: "see",
    params,
    answer: { status: 200, schema: SettingsAnswer },
    problems: [404],
  }),
  listRunDeletions: route({
    method: "GET",
    path: "/runs/{id}/deletions",
    tag,
    summary:
      "What the run's deletion rule did, or in a dry run would have done; and what it kept for a cause worth a look",
    right: "see",
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: DeletionEntryList },
    problems: [404],
  }),
  cancelRun: route({
    method: "POST",
    path: "/runs/{id}/cancel",
    tag,
    summary:
      "Cancel: mailboxes at work commit what they have and stop within seconds; a run that has ended otherwise is refused",
    right: "operate",
    params,
    answer: { status: 202, schema: RunAnswer, location: true },
    problems: [404, 409],
  }),
};
