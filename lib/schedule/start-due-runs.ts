// The timer's round: starts a run for every profile whose schedule has fallen due since it was last served.
import { isMailkeepError } from "../core/errors.js";
import type { ProfileId } from "../core/ids.js";
import type { Log } from "../ports/log.js";
import { listProfiles } from "../profiles/repo.js";
import { type RequestDeps, requestRun } from "../runs/request-run.js";
import { isDue } from "./due.js";

const partition = "schedule";

export async function startDueRuns(deps: RequestDeps & { log: Log }): Promise<number> {
  const { rows, clock, log } = deps;
  let started = 0;
  for await (const { profile } of listProfiles(rows)) {
    const now = clock.now();
    const key = { partition, row: profile.id };
    const row = await rows.get("profiles", key);
    const served = row === undefined ? profile.updatedAt : String(row.values.servedAt);
    if (!isDue(profile, new Date(served), now)) continue;
    // Serving is written down first: two timers at once must not start two runs.
    if (!(await serve(key, row?.etag, now, deps))) continue;
    const { run, isNew } = await requestRun(profile, "schedule", deps);
    if (isNew) started++;
    else log.info("schedule due while a run is open", { profile: profile.id, run: run.id });
  }
  return started;
}

async function serve(
  key: { partition: string; row: ProfileId },
  etag: string | undefined,
  now: Date,
  { rows }: RequestDeps,
): Promise<boolean> {
  const values = { servedAt: now.toISOString() };
  try {
    if (etag === undefined) await rows.insert("profiles", key, values);
    else await rows.replace("profiles", key, values, etag);
    return true;
  } catch (error) {
    if (isMailkeepError(error, "conflict", "precondition-failed")) return false;
    throw error;
  }
}
