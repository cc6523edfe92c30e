// Works on one piece of housekeeping for a limited time, saves how far it came, and hands on the rest.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { HousekeepingId, Random } from "../core/ids.js";
import { type Clock, minute, second, type Ticker } from "../core/time.js";
import type { BlobRemoval } from "../ports/blob-removal.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { type Housekeeping, isOpen } from "./housekeeping.js";
import { findHousekeeping, replaceHousekeeping } from "./repo.js";

export interface HousekeepingDeps {
  rows: RowStore;
  blobs: BlobStore;
  removal: BlobRemoval;
  /** Where what is known so far waits for the next invocation. */
  exports: ExportStore;
  queue: WorkQueue;
  clock: Clock;
  random: Random;
  ticker: Ticker;
  log: Log;
  /** After this long the work is handed on. */
  budgetMs: number;
}

/** What a stretch of work came to. */
export type Step = { kind: "done" } | { kind: "again"; delayMs: number };

/** One stretch on one piece. Its methods throw {@link Overtaken} when another worker has taken the piece over. */
export interface Stretch {
  current(): Housekeeping;
  change(change: Partial<Housekeeping>): void;
  /** Saves what was changed. */
  save(): Promise<void>;
  timeIsUp(): boolean;
}

export class Overtaken extends Error {}

/** Failed tries in a row before it is given up: about half an hour. */
const mostFaults = 10;
const waitMs = (faults: number): number => Math.min(2 ** faults * 5 * second, 5 * minute);

export type Work = (stretch: Stretch, deps: HousekeepingDeps) => Promise<Step>;

/** An item that comes twice makes two workers, of which the one that saves first goes on and the other stops. */
export async function workOn(id: HousekeepingId, work: Work, deps: HousekeepingDeps): Promise<void> {
  const found = await findHousekeeping(deps.rows, id);
  if (found === undefined || !isOpen(found.value.status)) return;
  const stretch = openStretch(found, deps);
  try {
    const { resumeAt: _, ...rest } = found.value;
    const startedAt = found.value.startedAt ?? deps.clock.now().toISOString();
    stretch.replace({ ...rest, status: "running", startedAt });
    await stretch.save();
    const step = await work(stretch, deps);
    if (step.kind === "done") return await end(stretch, { status: "succeeded" }, deps);
    await handOn(stretch, step.delayMs, deps);
  } catch (error) {
    if (error instanceof Overtaken) return;
    await afterFault(stretch, error, deps);
  }
}

type OpenStretch = Stretch & { replace(value: Housekeeping): void };

function openStretch(found: { value: Housekeeping; etag: string }, deps: HousekeepingDeps): OpenStretch {
  const { rows, clock } = deps;
  const began = clock.monotonicMs();
  let { value, etag } = found;
  return {
    current: () => value,
    change(change) {
      value = { ...value, ...change };
    },
    replace(next) {
      value = next;
    },
    async save() {
      value = { ...value, updatedAt: clock.now().toISOString() };
      const saved = await replaceHousekeeping(rows, value, etag);
      if (saved === undefined) throw new Overtaken();
      etag = saved;
    },
    timeIsUp: () => clock.monotonicMs() - began >= deps.budgetMs,
  };
}

async function handOn(stretch: Stretch, delayMs: number, { queue, clock }: HousekeepingDeps): Promise<void> {
  const resumeAt = new Date(clock.now().getTime() + delayMs).toISOString();
  stretch.change(delayMs > 0 ? { status: "waiting", resumeAt } : {});
  await stretch.save();
  const item: WorkItem = { v: 1, kind: "housekeeping", housekeeping: stretch.current().id };
  await queue.send(JSON.stringify(item), { delayMs });
}

async function end(
  stretch: Stretch,
  ending: Pick<Housekeeping, "status"> & Partial<Housekeeping>,
  { clock, log }: HousekeepingDeps,
): Promise<void> {
  stretch.change({ ...ending, endedAt: clock.now().toISOString() });
  await stretch.save();
  const { id, kind, dryRun, status, found, kept } = stretch.current();
  log.info("housekeeping ended", { housekeeping: id, kind, dryRun, status, count: found.count, kept: sum(kept) });
}

const sum = (kept: Record<string, number>) => Object.values(kept).reduce((total, count) => total + count, 0);

async function afterFault(stretch: Stretch, error: unknown, deps: HousekeepingDeps): Promise<void> {
  const fault = error instanceof MailkeepError ? error : undefined;
  const { id, faults } = stretch.current();
  const detail = error instanceof Error ? error.message.slice(0, 500) : "not an Error";
  deps.log.warn("housekeeping interrupted", { housekeeping: id, code: fault?.code, reason: fault?.reason, detail });
  const passes = fault === undefined || isMailkeepError(fault, "unavailable", "throttled", "conflict");
  const problem = { code: fault?.reason ?? fault?.code ?? "UNEXPECTED", message: fault?.message ?? detail };
  if (!passes || faults + 1 >= mostFaults) return end(stretch, { status: "failed", problem }, deps);
  stretch.change({ faults: faults + 1, problem });
  await handOn(stretch, fault?.retryAfterMs ?? waitMs(faults), deps);
}
