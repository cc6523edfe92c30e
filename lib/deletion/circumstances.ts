// Everything that decides for a whole mailbox, asked once in each invocation: what was read, what is on hold, who may write.
import type { FolderId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { TenantEdge } from "../ports/tenants.js";
import { isSwitchedOn } from "../profiles/deletion.js";
import { findProfile } from "../profiles/repo.js";
import type { KeptCause, RunDeletion } from "../runs/deletion-counts.js";
import type { MailboxRun, Problem } from "../runs/run.js";
import type { RunAtWork } from "../runs/settings.js";
import type { Circumstances } from "./candidates.js";
import { askForHolds } from "./holds.js";
import type { DeletedPlaces } from "./intents.js";

/** A folder the run reads. */
export interface ReadFolder {
  id: FolderId;
  path: string;
  lineage: FolderId[];
}

export interface Surroundings extends Circumstances {
  /** What to tell a person when `blocked` kept anything. */
  problem: Problem | undefined;
  /** Whether the mailbox is free of holds as far as can be seen, and those of the whole organisation cannot. */
  policiesUnread: boolean;
}

export interface Asking {
  run: RunAtWork;
  deletion: RunDeletion;
  part: MailboxRun;
  folders: ReadFolder[];
  places: DeletedPlaces;
  now: Date;
}

/** Lists of problems end here; a list that is full may hide one (lib/archive/progress.ts). */
const fullProblemList = 20;

export async function lookAround(
  { run, deletion, part, folders, places, now }: Asking,
  { rows, tenant }: { rows: RowStore; tenant: TenantEdge },
): Promise<Surroundings> {
  const { blocked, problem, policiesUnread = false } = await obstacle({ run, deletion, part }, { rows, tenant });
  const unread = part.problems.flatMap(({ folderPath }) => folderPath ?? []);
  const below = places.deletedItems;
  return {
    mailbox: part.mailbox,
    run: run.id,
    rule: deletion.rule,
    folders: new Map(folders.map(({ id, path }) => [id, path])),
    unread: part.problems.length >= fullProblemList ? undefined : new Set(unread),
    deletedItems: new Set(folders.filter(({ lineage }) => below && lineage.includes(below)).map(({ id }) => id)),
    blocked,
    problem,
    policiesUnread,
    archivedAnew: new Set(),
    now,
  };
}

interface Obstacle {
  blocked: KeptCause | undefined;
  problem?: Problem | undefined;
  policiesUnread?: boolean;
}

async function obstacle(
  { run, deletion, part: { mailbox, mayBeExempt } }: Pick<Asking, "run" | "deletion" | "part">,
  { rows, tenant }: { rows: RowStore; tenant: TenantEdge },
): Promise<Obstacle> {
  const { dryRun } = deletion.rule;
  if (mayBeExempt) return { blocked: "mayBeExempt", problem: exemptionUnknown };
  if (!dryRun && !(await isStillTheRule(run, deletion, rows))) return { blocked: "ruleChanged", problem: ruleChanged };
  if (!dryRun && tenant.writer === undefined) return { blocked: "noWriter", problem: noWriter };
  const holds = await askForHolds(tenant.exchange, mailbox);
  if (holds.kind === "unknown") return { blocked: "holdUnknown", problem: holds.problem };
  return holds.kind === "held" ? { blocked: "onHold" } : { blocked: undefined, policiesUnread: holds.policiesUnread };
}

/** Whoever takes the rule back, or changes it, while a run is under way means it at once. */
async function isStillTheRule({ profile }: RunAtWork, { hash }: RunDeletion, rows: RowStore): Promise<boolean> {
  const now = (await findProfile(rows, profile))?.profile;
  return now !== undefined && isSwitchedOn(now, hash);
}

const exemptionUnknown: Problem = {
  code: "OVERRIDE_MAILBOX_NOT_FOUND",
  message:
    "nothing was deleted: an override of the profile names somebody whom nobody in the directory is, and who may be this mailbox",
};

const ruleChanged: Problem = {
  code: "DELETION_RULE_CHANGED",
  message: "nothing more was deleted: the profile's deletion rule is not the one that the run began with",
};

const noWriter: Problem = {
  code: "WRITER_IDENTITY_REQUIRED",
  message: "nothing was deleted: there is no identity that may write; set WRITER_CLIENT_ID",
};
