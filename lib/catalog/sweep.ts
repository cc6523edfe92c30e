// The sweep for orphans and the writers of attachments, told of each other: an attachment that is about to be removed may
// be the very one that a new message needs. decisions/0006-sweeping-orphans.md has the argument.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";

/** The sweep that may remove attachments now, if any. */
export interface Sweep {
  /** Another one for each plan, and when a plan is closed: what was known to be present may have gone. */
  epoch: string;
  plan: string;
  /** Epoch milliseconds; 0 once it is closed. */
  liveUntil: number;
  /** The piece of housekeeping that is applying the plan; "" while nobody is. */
  applying: string;
}

export const sweepPartition = "housekeeping";
const sweepKey = { partition: sweepPartition, row: "sweep" };

/**
 * planned   it is to go, unless somebody needs it
 * rescued   a writer needs it: it stays
 * removing  being removed right now: nobody may rely on it, nobody may write it
 * removed   it is gone and may be written anew
 * kept      looked at once more, and left where it is
 */
export type SweepState = "planned" | "rescued" | "removing" | "removed" | "kept";

export const attachmentRow = (sha256: string): string => `a_${sha256}`;

export async function loadSweep(rows: RowStore): Promise<Sweep | undefined> {
  return (await findSweep(rows))?.sweep;
}

async function findSweep(rows: RowStore): Promise<{ sweep: Sweep; etag: string } | undefined> {
  const row = await rows.get("runs", sweepKey);
  if (row === undefined) return undefined;
  const { epoch, plan, liveUntil, applying } = row.values;
  const sweep = { epoch: String(epoch), plan: String(plan), liveUntil: Number(liveUntil), applying: String(applying) };
  return { sweep, etag: row.etag };
}

/** Changes what is there, as one step; undefined leaves it. @throws conflict when others change it too often */
export async function changeSweep(
  rows: RowStore,
  change: (before: Sweep | undefined) => Sweep | undefined,
): Promise<void> {
  for (let tries = 1; tries <= rescueTries; tries++) {
    const found = await findSweep(rows);
    const next = change(found?.sweep);
    if (next === undefined) return;
    try {
      if (found === undefined) await rows.insert("runs", sweepKey, { ...next });
      else await rows.replace("runs", sweepKey, { ...next }, found.etag);
      return;
    } catch (error) {
      if (!isMailkeepError(error, "conflict", "precondition-failed")) throw error;
    }
  }
  throw new MailkeepError("conflict", "the sweep is changed by others");
}

const rescueTries = 8;

/**
 * To be asked before a message may rely on an attachment that is there: `present` if it stays, `absent` if it has been
 * removed and is to be written anew.
 * @throws unavailable (ATTACHMENT_BEING_REMOVED) in the moment between; the work is tried again
 */
export async function rescueAttachment(rows: RowStore, plan: string, sha256: string): Promise<"present" | "absent"> {
  const key = { partition: plan, row: attachmentRow(sha256) };
  for (let tries = 1; tries <= rescueTries; tries++) {
    const row = await rows.get("runs", key);
    const state = stateOf(row);
    if (state === "removed") return "absent";
    if (row === undefined || state === "rescued" || state === "kept") return "present";
    if (state === "removing") break;
    if (await hasChangedState(rows, row, "rescued")) return "present";
  }
  throw new MailkeepError("unavailable", "an attachment that is needed is being removed at this moment", {
    reason: "ATTACHMENT_BEING_REMOVED",
  });
}

export const stateOf = (row: StoredRow | undefined): SweepState | undefined => row?.values.state as SweepState;

/** False when somebody else changed the row first; a write of ours whose answer was lost is found again by whoever asks. */
export async function hasChangedState(
  rows: RowStore,
  row: StoredRow,
  state: SweepState,
  detail?: string,
): Promise<boolean> {
  const { partition, row: name, values, etag } = row;
  try {
    const next = { ...values, state, ...(detail !== undefined && { detail }) };
    await rows.replace("runs", { partition, row: name }, next, etag);
    return true;
  } catch (error) {
    if (!isMailkeepError(error, "precondition-failed")) throw error;
    return false;
  }
}
