// The timer's round: starts a run for every profile whose schedule has fallen due since it was last served.
import type { ProfileId } from "../core/ids.js";
import { told } from "../core/told.js";
import type { Log } from "../ports/log.js";
import type { Profile } from "../profiles/profile.js";
import { listProfiles } from "../profiles/repo.js";
import { type Times, timesReader } from "../profiles/shared-schedules.js";
import { type RequestDeps, requestRun } from "../runs/request-run.js";
import { blackoutUntil, isDue } from "./due.js";

const partition = "schedule";

type Requested = Awaited<ReturnType<typeof requestRun>>;

export interface DueDeps extends RequestDeps {
  log: Log;
  /** Whether anything may be done through the connection. */
  isBound(connection: Profile["connection"]): Promise<boolean>;
  /** Makes the wish for a run, and writes down that it did. */
  witness?: (profile: ProfileId, request: () => Promise<Requested>) => Promise<Requested>;
}

/** @throws what the first profile that could not be started met, after all the others had their turn */
export async function startDueRuns(deps: DueDeps): Promise<number> {
  let started = 0;
  const faults: unknown[] = [];
  const timesOf = timesReader(deps.rows);
  for await (const { profile } of listProfiles(deps.rows)) {
    try {
      if (profile.enabled && (await startIfDue(profile, await timesOf(profile), deps))) started++;
    } catch (error) {
      deps.log.error("schedule not served", { profile: profile.id, ...told(error) });
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return started;
}

async function startIfDue(profile: Profile, times: Times | null, deps: DueDeps): Promise<boolean> {
  const { rows, clock, log } = deps;
  const now = clock.now();
  const key = { partition, row: profile.id };
  const row = await rows.get("profiles", key);
  // Times that were just changed, or a profile that was enabled again: there is nothing to make up for.
  const since = [String(row?.values.servedAt ?? ""), profile.updatedAt, times?.effectiveSince ?? ""];
  const when = { enabled: profile.enabled, schedule: times };
  if (!isDue(when, new Date(since.sort().at(-1) as string), now)) return false;
  // Not served: when the window ends, one run makes up for all that fell into it.
  if (blackoutUntil(when, now) !== undefined) return false;
  // Not served: once the connection is bound, one run makes up for all that was missed.
  if (!(await deps.isBound(profile.connection))) {
    log.warn("schedule waits for its connection", { profile: profile.id, connection: profile.connection });
    return false;
  }
  // The run first: should we die between, the next round finds it open, or runs once more and finds no changes.
  const request = () => requestRun(profile, "schedule", deps);
  const { run, isNew } = await (deps.witness?.(profile.id, request) ?? request());
  if (!isNew) log.info("schedule due while a run is open", { profile: profile.id, run: run.id });
  await rows.upsert("profiles", key, { servedAt: now.toISOString() });
  return isNew;
}
