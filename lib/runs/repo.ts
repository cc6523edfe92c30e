// Runs and their mailbox parts as rows: all runs in one partition, newest first; one partition of parts for each run.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId, RunId } from "../core/ids.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import type { MailboxRun, Run } from "./run.js";

const runsPartition = "runs";

export interface Versioned<T> {
  value: T;
  etag: string;
}

/** Both kinds are kept as one JSON property beside the few that are searched. */
const toRun = (row: StoredRow): Versioned<Run> => ({ value: JSON.parse(String(row.values.json)), etag: row.etag });
const toPart = (row: StoredRow): Versioned<MailboxRun> => ({
  value: JSON.parse(String(row.values.json)),
  etag: row.etag,
});
const runValues = (run: Run) => ({ status: run.status, profile: run.profile, json: JSON.stringify(run) });
const partValues = (part: MailboxRun) => ({ status: part.status, json: JSON.stringify(part) });

export async function insertRun(rows: RowStore, run: Run): Promise<void> {
  await rows.insert("runs", { partition: runsPartition, row: run.id }, runValues(run));
}

export async function findRun(rows: RowStore, id: RunId): Promise<Versioned<Run> | undefined> {
  const row = await rows.get("runs", { partition: runsPartition, row: id });
  return row && toRun(row);
}

/** Newest first. */
export async function* listRuns(rows: RowStore, after?: RunId): AsyncIterable<Run> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", runsPartition, range)) yield toRun(row).value;
}

/**
 * Changes a run under optimistic concurrency; `change` may be called again with the newest state, and returns undefined
 * to leave it. @throws not-found
 */
export async function changeRun(rows: RowStore, id: RunId, change: (run: Run) => Run | undefined): Promise<Run> {
  return retryOnConflict(async () => {
    const found = await findRun(rows, id);
    if (found === undefined) throw new MailkeepError("not-found", `no run ${id}`, { reason: "RUN_NOT_FOUND" });
    const changed = change(found.value);
    if (changed === undefined) return found.value;
    await rows.replace("runs", { partition: runsPartition, row: id }, runValues(changed), found.etag);
    return changed;
  });
}

/** Adds the parts that are not there yet: starting a run again after a crash must not reset a part already at work. */
export async function insertParts(rows: RowStore, run: RunId, parts: MailboxRun[]): Promise<void> {
  for (let at = 0; at < parts.length; at += 100) {
    const some = parts.slice(at, at + 100);
    const writes = some.map((part) => ({ kind: "insert" as const, row: part.mailbox, values: partValues(part) }));
    try {
      await rows.batch("runs", run, writes);
    } catch (error) {
      if (!isMailkeepError(error, "conflict")) throw error;
      for (const part of some) await insertPart(rows, part);
    }
  }
}

async function insertPart(rows: RowStore, part: MailboxRun): Promise<void> {
  try {
    await rows.insert("runs", { partition: part.run, row: part.mailbox }, partValues(part));
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
  }
}

export async function findPart(
  rows: RowStore,
  run: RunId,
  mailbox: MailboxId,
): Promise<Versioned<MailboxRun> | undefined> {
  const row = await rows.get("runs", { partition: run, row: mailbox });
  return row && toPart(row);
}

export async function* listParts(rows: RowStore, run: RunId, after?: string): AsyncIterable<MailboxRun> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", run, range)) yield toPart(row).value;
}

/** Like {@link changeRun} for one mailbox of a run. */
export async function changePart(
  rows: RowStore,
  run: RunId,
  mailbox: MailboxId,
  change: (part: MailboxRun) => MailboxRun | undefined,
): Promise<MailboxRun> {
  return retryOnConflict(async () => {
    const found = await findPart(rows, run, mailbox);
    if (found === undefined)
      throw new MailkeepError("not-found", `run ${run} has no mailbox ${mailbox}`, { reason: "MAILBOX_RUN_NOT_FOUND" });
    const changed = change(found.value);
    if (changed === undefined) return found.value;
    await rows.replace("runs", { partition: run, row: mailbox }, partValues(changed), found.etag);
    return changed;
  });
}

const conflictTries = 8;

async function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const raced = isMailkeepError(error, "precondition-failed");
      if (!raced || tries === conflictTries) throw error;
    }
  }
}
