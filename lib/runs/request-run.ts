// A run is wished for: by a person or by the schedule. One run of a profile at a time.
import type { Random } from "../core/ids.js";
import { newRunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { Profile } from "../profiles/profile.js";
import type { WorkItem } from "../work/item.js";
import { insertRun, listRuns } from "./repo.js";
import { isOpen, type Run } from "./run.js";

export interface RequestDeps {
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  random: Random;
}

/** How far back an open run of the same profile is looked for; older ones have long been closed or given up. */
const recentRuns = 200;

/** The new run, or the one of this profile that is still open. */
export async function requestRun(
  profile: Profile,
  trigger: Run["trigger"],
  { rows, queue, clock, random }: RequestDeps,
): Promise<{ run: Run; isNew: boolean }> {
  const open = await openRunOf(profile, rows);
  if (open !== undefined) return { run: open, isNew: false };
  const now = clock.now();
  const run: Run = {
    id: newRunId(now, random),
    profile: profile.id,
    profileName: profile.name,
    trigger,
    folders: profile.folders,
    status: "pending",
    requestedAt: now.toISOString(),
    cancelRequested: false,
    problems: [],
  };
  await insertRun(rows, run);
  const item: WorkItem = { v: 1, kind: "start-run", run: run.id };
  await queue.send(JSON.stringify(item));
  return { run, isNew: true };
}

export async function openRunOf(profile: Pick<Profile, "id">, rows: RowStore): Promise<Run | undefined> {
  let seen = 0;
  for await (const run of listRuns(rows)) {
    if (run.profile === profile.id) return isOpen(run.status) ? run : undefined;
    if (++seen >= recentRuns) return undefined;
  }
  return undefined;
}
