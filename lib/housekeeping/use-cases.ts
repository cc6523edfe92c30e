// What doors, timers and queues ask of this room.
import { MailkeepError } from "../core/errors.js";
import { type HousekeepingId, type MailboxId, newHousekeepingId } from "../core/ids.js";
import { nothingToCancel } from "../core/nothing-to-cancel.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import { minute } from "../core/time.js";
import type { WorkItem } from "../work/item.js";
import { applyOrphans } from "./apply-orphans.js";
import { applyRepack } from "./apply-repack.js";
import { type Housekeeping, type HousekeepingKind, type Item, isOpen, planLivesMs } from "./housekeeping.js";
import { planOrphans } from "./plan-orphans.js";
import { planRepack } from "./plan-repack.js";
import { applyRegrow, planRegrow } from "./regrow.js";
import {
  changeHousekeeping,
  getHousekeeping,
  insertHousekeeping,
  itemOf,
  listHousekeeping,
  listItems,
} from "./repo.js";
import { type HousekeepingDeps, type Work, workOn } from "./worker.js";

/** Well inside host.json's functionTimeout of 15 minutes, with the longest single ledger on top. */
const budgetMs = 5 * minute;
/** A piece without a sign of life for so long is sent out again. */
const abandonedAfterMs = 20 * minute;

export interface Wish {
  kind: HousekeepingKind;
  dryRun: boolean;
  plan?: HousekeepingId | undefined;
  graceDays: number;
  /** Of a repacking's plan, or of a regrowing: only this one. */
  mailbox?: MailboxId | undefined;
}

type Deps = Omit<HousekeepingDeps, "budgetMs">;

export function housekeepingUseCases(given: Deps) {
  const deps: HousekeepingDeps = { ...given, budgetMs };
  const { rows, clock } = deps;
  return {
    request: (wish: Wish): Promise<Housekeeping> => request(wish, deps),
    get: (id: HousekeepingId): Promise<Housekeeping> => getHousekeeping(rows, id),
    list: ({ limit, after }: PageRequest): Promise<Page<Housekeeping>> =>
      onePage(listHousekeeping(rows, after), limit, ({ id }) => id),
    async items(id: HousekeepingId, { limit, after }: PageRequest): Promise<Page<Item>> {
      const { plan = id } = await getHousekeeping(rows, id);
      const page = await onePage(listItems(rows, plan, after), limit, ({ row }) => row);
      return { ...page, value: page.value.map(itemOf) };
    },
    /**
     * What is done stays done; a worker at it stops with its next save. To ask again changes nothing.
     * @throws not-found, conflict (HOUSEKEEPING_ENDED) when it came to another end than this
     */
    cancel: (id: HousekeepingId): Promise<Housekeeping> =>
      changeHousekeeping(rows, id, (value) => {
        if (value.status === "cancelled") return undefined;
        if (!isOpen(value.status)) throw nothingToCancel("housekeeping", value, "HOUSEKEEPING_ENDED");
        const at = clock.now().toISOString();
        return { ...value, status: "cancelled", updatedAt: at, endedAt: at };
      }),
    async work(id: HousekeepingId): Promise<void> {
      await workOn(id, workFor(await getHousekeeping(rows, id)), deps);
    },
    async poison(id: HousekeepingId): Promise<void> {
      await changeHousekeeping(rows, id, (value) =>
        isOpen(value.status)
          ? { ...value, status: "failed", problem: poisoned, endedAt: clock.now().toISOString() }
          : undefined,
      );
    },
    /** Each minute: sends out again what the queue has lost. */
    tidy: (): Promise<void> => revive(deps),
  };
}

const poisoned = {
  code: "WORK_ITEM_POISONED",
  message: "the work failed again and again; the log says how; mend the cause and ask again",
};

const works: Record<HousekeepingKind, { plan: Work; apply: Work }> = {
  orphans: { plan: planOrphans, apply: applyOrphans },
  repack: { plan: planRepack, apply: applyRepack },
  regrow: { plan: planRegrow, apply: applyRegrow },
};
const workFor = ({ kind, dryRun }: Housekeeping): Work => works[kind][dryRun ? "plan" : "apply"];

/** @throws conflict (HOUSEKEEPING_UNDER_WAY), not-found, invalid (PLAN_STALE, PLAN_NOT_READY) */
async function request(wish: Wish, deps: HousekeepingDeps): Promise<Housekeeping> {
  const { rows, clock, random } = deps;
  const now = clock.now();
  await assertAlone(wish, deps);
  if (wish.mailbox !== undefined && wish.kind !== "regrow" && (wish.kind !== "repack" || !wish.dryRun))
    throw new MailkeepError("invalid", "only the plan of a repacking, and a regrowing, are for one mailbox", {
      field: "mailbox",
      reason: "MAILBOX_OUT_OF_PLACE",
    });
  const isPlanned = !wish.dryRun && wish.kind !== "regrow";
  if (wish.kind === "regrow" && wish.plan !== undefined)
    throw new MailkeepError("invalid", "a regrowing needs no plan", {
      field: "plan",
      reason: "PLAN_UNFIT",
    });
  const graceDays = isPlanned ? (await applicable(wish, deps)).graceDays : wish.graceDays;
  const value: Housekeeping = {
    id: newHousekeepingId(now, random),
    kind: wish.kind,
    dryRun: wish.dryRun,
    ...(wish.plan !== undefined && { plan: wish.plan }),
    graceDays,
    ...(wish.mailbox !== undefined && { mailboxes: [wish.mailbox] }),
    status: "pending",
    requestedAt: now.toISOString(),
    updatedAt: now.toISOString(),
    faults: 0,
    found: { count: 0, bytes: 0 },
    made: { count: 0, bytes: 0 },
    kept: {},
    truncated: false,
    at: { phase: "mailboxes", after: "" },
  };
  await insertHousekeeping(rows, value);
  await send(value.id, deps);
  return value;
}

async function send(id: HousekeepingId, { queue }: HousekeepingDeps): Promise<void> {
  const item: WorkItem = { v: 1, kind: "housekeeping", housekeeping: id };
  await queue.send(JSON.stringify(item));
}

/** One at a time of each kind: two sweeps would be each other's writers. */
async function assertAlone({ kind }: Wish, { rows }: HousekeepingDeps): Promise<void> {
  for await (const other of listHousekeeping(rows))
    if (other.kind === kind && isOpen(other.status))
      throw new MailkeepError("conflict", `housekeeping ${other.id} of this kind is under way`, {
        reason: "HOUSEKEEPING_UNDER_WAY",
      });
}

async function applicable({ kind, plan }: Wish, { rows, clock }: HousekeepingDeps): Promise<Housekeeping> {
  if (plan === undefined)
    throw new MailkeepError("invalid", "name the plan that is to be applied", {
      field: "plan",
      reason: "PLAN_MISSING",
    });
  const found = await getHousekeeping(rows, plan);
  const refuse = (reason: string, why: string) => new MailkeepError("invalid", why, { field: "plan", reason });
  if (!found.dryRun || found.kind !== kind) throw refuse("PLAN_UNFIT", "that is no plan of this kind");
  if (found.status !== "succeeded") throw refuse("PLAN_NOT_READY", `the plan is ${found.status}`);
  if (clock.now().getTime() - Date.parse(found.requestedAt) > planLivesMs)
    throw refuse("PLAN_STALE", "the plan is older than a day; make a new one");
  return found;
}

async function revive(deps: HousekeepingDeps): Promise<void> {
  const now = deps.clock.now().getTime();
  for await (const { id, status, updatedAt, resumeAt } of listHousekeeping(deps.rows)) {
    if (!isOpen(status) || now - Date.parse(resumeAt ?? updatedAt) < abandonedAfterMs) continue;
    await send(id, deps);
  }
}
