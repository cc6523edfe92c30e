// A run is wished for: by a person or by the schedule. One run of a profile at a time.
import { blackoutReason } from "../core/blackout.js";
import type { Random } from "../core/ids.js";
import { newRunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import { ruleHash } from "../profiles/deletion.js";
import type { Profile } from "../profiles/profile.js";
import { sealValues } from "../profiles/settings.js";
import { timesOf } from "../profiles/shared-schedules.js";
import type { WorkItem } from "../work/item.js";
import { awake, blackoutsFor } from "./blackout.js";
import { changePart, changeRun, insertRun, listParts, listRuns } from "./repo.js";
import { isOpen, lookedAfterMs, type Run } from "./run.js";
import { keepOverrides } from "./settings.js";

export interface RequestDeps {
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  random: Random;
}

/**
 * The new run, or the one of this profile that is still open.
 * @throws not-found (SCHEDULE_NOT_FOUND) when the schedule it names is gone: nobody could say when it must not work
 */
export async function requestRun(
  profile: Profile,
  trigger: Run["trigger"],
  { rows, queue, clock, random }: RequestDeps,
): Promise<{ run: Run; isNew: boolean }> {
  const now = clock.now();
  const open = await openRunOf(profile, rows, now);
  if (open !== undefined) {
    const ignores = trigger === "manual" && typeof open.blackouts === "object";
    return { run: ignores ? await ignoreBlackouts(open, { rows, queue, clock }) : open, isNew: false };
  }
  const times = await timesOf(profile, rows);
  const run: Run = {
    id: newRunId(now, random),
    profile: profile.id,
    profileName: profile.name,
    connection: profile.connection,
    trigger,
    ...blackoutsFor(times, trigger),
    values: sealValues(profile),
    ...(profile.overrides.length > 0 && { hasOverrides: true as const }),
    ...(profile.deletion.mode === "afterArchive" && {
      deletion: { rule: profile.deletion, hash: ruleHash(profile) },
    }),
    status: "pending",
    requestedAt: now.toISOString(),
    cancelRequested: false,
    problems: [],
  };
  if (run.hasOverrides) await keepOverrides(rows, run.id, profile.overrides);
  await insertRun(rows, run);
  const item: WorkItem = { v: 1, kind: "start-run", run: run.id };
  await queue.send(JSON.stringify(item));
  return { run, isNew: true };
}

/** A person wants it now: what waits for the end of a window is sent out at once, and no window holds it any more. */
async function ignoreBlackouts(run: Run, { rows, queue, clock }: Omit<RequestDeps, "random">): Promise<Run> {
  const changed = await changeRun(rows, run.id, (current) =>
    isOpen(current.status) ? { ...current, blackouts: "ignored" } : undefined,
  );
  for await (const part of listParts(rows, run.id)) {
    if (part.reason !== blackoutReason || !isOpen(part.status)) continue;
    const next = await changePart(rows, run.id, part.mailbox, (stored) =>
      stored.reason === blackoutReason && isOpen(stored.status)
        ? { ...awake(stored), generation: stored.generation + 1, updatedAt: clock.now().toISOString() }
        : undefined,
    );
    const { mailbox, generation } = next;
    const item: WorkItem = { v: 1, kind: "archive-mailbox", run: run.id, mailbox, generation };
    await queue.send(JSON.stringify(item));
  }
  return changed;
}

export async function openRunOf(profile: Pick<Profile, "id">, rows: RowStore, now: Date): Promise<Run | undefined> {
  for await (const run of listRuns(rows)) {
    if (run.profile === profile.id) return isLookedAfter(run, now) ? run : undefined;
    if (Date.parse(run.requestedAt) < now.getTime() - lookedAfterMs) return undefined;
  }
  return undefined;
}

const isLookedAfter = (run: Run, now: Date): boolean =>
  isOpen(run.status) && Date.parse(run.requestedAt) >= now.getTime() - lookedAfterMs;
