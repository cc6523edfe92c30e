// Who may switch deletion on: nobody without an identity that may write, and only after a dry run of the very same rule.

import type { Sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import type { ProfileId } from "../core/ids.js";
import { type Clock, day } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import { isSwitchedOn, ruleHash } from "../profiles/deletion.js";
import type { Profile, ProfileInput } from "../profiles/profile.js";
import { listRuns } from "../runs/repo.js";
import type { Run, RunStatus } from "../runs/run.js";

/** A dry run older than this says too little of the mailboxes of today. */
const dryRunDays = 30;

const readToTheEnd = new Set<RunStatus>(["succeeded", "noChanges", "succeededWithGaps"]);

export interface EnableDeps {
  rows: RowStore;
  clock: Clock;
  tenants: Tenants;
}

/**
 * @throws MailkeepError `invalid` (WRITER_IDENTITY_REQUIRED), `conflict` (DRY_RUN_REQUIRED), which says what to call
 */
export async function assertMayDelete(
  input: ProfileInput,
  before: Profile | undefined,
  { rows, clock, tenants }: EnableDeps,
): Promise<void> {
  const { deletion } = input;
  if (deletion.mode === "none") return;
  const { writer } = await tenants.of(input.connection);
  if (writer === undefined) throw writerRequired();
  if (deletion.dryRun) return;
  const hash = ruleHash(input);
  if (before !== undefined && isSwitchedOn(before, hash)) return;
  if (before === undefined || !(await hasDryRun(before.id, { hash, rows, now: clock.now() })))
    throw dryRunRequired(before?.id, input);
}

async function hasDryRun(
  profile: ProfileId,
  { hash, rows, now }: { hash: Sha256; rows: RowStore; now: Date },
): Promise<boolean> {
  const since = now.getTime() - dryRunDays * day;
  for await (const run of listRuns(rows)) {
    // It may have ended later than it was asked for, but by no more than it is looked after.
    if (Date.parse(run.requestedAt) < since - 90 * day) return false;
    if (run.profile === profile && isDryRunOf(run, hash) && Date.parse(run.endedAt ?? "") >= since) return true;
  }
  return false;
}

/** One that was read to its end, and looked at no mailbox less than it should have. */
function isDryRunOf({ status, deletion, summary, problems }: Run, hash: Sha256): boolean {
  const isOfRule = deletion?.hash === hash && deletion.rule.dryRun;
  const leftOut = problems.some(({ code }) => unsure.has(code));
  return isOfRule && readToTheEnd.has(status) && summary?.deletion !== undefined && !leftOut;
}

/** What makes a run leave out mailboxes that a later one of the same rule may not. */
const unsure = new Set(["OVERRIDE_MAILBOX_NOT_FOUND", "OVERRIDE_CONFLICT"]);

const writerRequired = () =>
  new MailkeepError(
    "invalid",
    "a deletion rule needs the second identity, which may write: set WRITER_CLIENT_ID, or writerIdentity of the connection, and give that identity Mail.ReadWrite",
    { reason: "WRITER_IDENTITY_REQUIRED", field: "deletion" },
  );

function dryRunRequired(profile: ProfileId | undefined, { overrides }: ProfileInput): MailkeepError {
  const which = overrides.length > 0 ? " in which it was known whom every override means" : "";
  const keep = profile === undefined ? "POST /profiles" : `PUT /profiles/${profile}`;
  const run = `POST /profiles/${profile ?? "{id}"}/run`;
  const look = `look at its deletion in GET /runs/{id}, then PUT /profiles/${profile ?? "{id}"} with dryRun false`;
  return new MailkeepError(
    "conflict",
    `this rule has no dry run of the last ${dryRunDays} days${which}: ${keep} with dryRun true, ${run}, ${look}`,
    { reason: "DRY_RUN_REQUIRED" },
  );
}
