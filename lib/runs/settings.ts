// What a run does with one mailbox: the profile's settings as they were when the run was asked for, with the mailbox's override.
// A run whose profile has overrides keeps them in a row of their own, beside it: the run's row is read every few seconds.
import { MailkeepError } from "../core/errors.js";
import type { RunId } from "../core/ids.js";
import { gather, spread } from "../core/long-text.js";
import type { RowStore } from "../ports/row-store.js";
import type { Override } from "../profiles/overrides.js";
import { type MailboxSettings, type ProfileSettings, settingsFor, withOverrides } from "../profiles/settings.js";
import type { RunDeletion } from "./deletion-counts.js";
import type { MailboxRun, Run } from "./run.js";

const partition = "run-overrides";

/** Written before the run: a run that says it has overrides has them. */
export async function keepOverrides(rows: RowStore, run: RunId, overrides: Override[]): Promise<void> {
  const values = spread(JSON.stringify(overrides));
  if (values === undefined)
    throw new MailkeepError("too-large", "the overrides fit no row", {
      reason: "PROFILE_TOO_LARGE",
      field: "overrides",
    });
  await rows.upsert("runs", { partition, row: run }, values);
}

/** @throws corrupt (RUN_SETTINGS_MISSING): without its overrides nobody knows what a run is to do */
export async function settingsOfRun(
  { id, values, hasOverrides }: Pick<Run, "id" | "values" | "hasOverrides">,
  rows: RowStore,
): Promise<ProfileSettings> {
  if (!hasOverrides) return withOverrides(values, []);
  const row = await rows.get("runs", { partition, row: id });
  if (row === undefined)
    throw new MailkeepError("corrupt", `the overrides of the run ${id} are lost`, { reason: "RUN_SETTINGS_MISSING" });
  return withOverrides(values, JSON.parse(gather(row.values)) as Override[]);
}

/** A run as those see it who work on one of its mailboxes: what the profile says of all is not theirs to read. */
export type RunAtWork = Omit<Run, "values" | "deletion">;

export interface MailboxTask {
  run: RunAtWork;
  /** What holds for the mailbox. */
  settings: MailboxSettings;
  /** The run's deletion rule, unless the mailbox is exempt. */
  deletion: RunDeletion | undefined;
}

/** What the run is to do with the mailbox of this part. */
export async function taskOf(run: Run, part: MailboxRun, rows: RowStore): Promise<MailboxTask> {
  const { values: _, deletion: ofRun, ...atWork } = run;
  const settings = settingsFor(await settingsOfRun(run, rows), part.override);
  const { deletion: rule } = settings;
  const deletion = rule.mode === "none" || ofRun === undefined ? undefined : { rule, hash: ofRun.hash };
  return { run: atWork, settings, deletion };
}
