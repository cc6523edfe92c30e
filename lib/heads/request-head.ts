// A head is wished for, by the night or by a person; one at a time, so that heads form one chain.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { HeadId } from "../core/ids.js";
import { minute } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkItem } from "../work/item.js";
import { headName } from "./head.js";
import { type HeadDeps, writeHead } from "./make-head.js";
import { owedSeals, sealHead } from "./seal.js";

/** An invocation gathers this long, well inside host.json's functionTimeout of 15 minutes, and then hands on. */
const budgetMs = 8 * minute;
/** Longer than any invocation lasts: whoever had the head in hand is dead. */
const abandonedAfterMs = 16 * minute;
/** Waits after the first, second, … failure to sign or stamp; after the last the next night tries again. */
const sealWaitsMs = [minute, 5 * minute, 20 * minute];

const place = { partition: "heads", row: "open" };

interface Open {
  head: HeadId;
  updatedAt: string;
}

async function findOpen(rows: RowStore): Promise<Open | undefined> {
  const values = (await rows.get("runs", place))?.values;
  return values && { head: HeadId.parse(values.head), updatedAt: String(values.updatedAt) };
}

export const openHead = async (rows: RowStore): Promise<HeadId | undefined> => (await findOpen(rows))?.head;

const item = (head: HeadId): string => {
  const work: WorkItem = { v: 1, kind: "head", head };
  return JSON.stringify(work);
};

/** The new head's name, or that of the one that is being made. */
export async function requestHead(deps: HeadDeps): Promise<HeadId> {
  const { rows, queue, clock } = deps;
  const head = await freeName(deps);
  try {
    await rows.insert("runs", place, { head, updatedAt: clock.now().toISOString() });
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
    const open = await openHead(rows);
    // A lost answer: the row is this very call's.
    if (open !== undefined && open !== head) return open;
  }
  await queue.send(item(head));
  return head;
}

async function freeName({ blobs, clock }: HeadDeps): Promise<HeadId> {
  const now = clock.now().toISOString();
  const day = HeadId.parse(now.slice(0, 10));
  if (!(await blobs.exists(headName(day)))) return day;
  const exact = HeadId.parse(`${now.slice(0, 19).replaceAll(":", "")}Z`);
  if (!(await blobs.exists(headName(exact)))) return exact;
  throw new MailkeepError("conflict", "a head was made this very second; ask again", { reason: "HEAD_JUST_MADE" });
}

/** One invocation's work on a head, and the next one's item. */
export async function workOnHead(head: HeadId, deps: HeadDeps): Promise<void> {
  const { rows, queue, blobs, clock } = deps;
  const isOpen = (await openHead(rows)) === head;
  if (!isOpen && !(await blobs.exists(headName(head)))) return;
  if (!(await writeHead(head, deps, budgetMs))) {
    await rows.upsert("runs", place, { head, updatedAt: clock.now().toISOString() });
    return queue.send(item(head));
  }
  const failed = await sealHead(head, deps);
  if (isOpen) await closeHead(head, rows);
  const waitMs = failed && sealWaitsMs[failed.attempts - 1];
  if (waitMs !== undefined) await queue.send(item(head), { delayMs: waitMs });
}

async function closeHead(head: HeadId, rows: RowStore): Promise<void> {
  const row = await rows.get("runs", place);
  if (row?.values.head !== head) return;
  try {
    await rows.delete("runs", place, row.etag);
  } catch (error) {
    // Its own deletion whose answer was lost, or another worker's: it is closed.
    if (!isMailkeepError(error, "not-found", "precondition-failed")) throw error;
  }
}

/** The queue has given it up: the next night begins a new one. */
export const giveUpHead = (head: HeadId, { rows }: Pick<HeadDeps, "rows">): Promise<void> => closeHead(head, rows);

/** Each night: what earlier heads still lack, then a new one. */
export async function nightlyHead(deps: HeadDeps): Promise<HeadId> {
  for await (const { head } of owedSeals(deps.rows)) await sealHead(head, deps);
  return requestHead(deps);
}

/** The timer's round: work that the queue has lost is sent again. */
export async function reviveHead({ rows, queue, clock }: HeadDeps): Promise<void> {
  const open = await findOpen(rows);
  const now = clock.now();
  if (open === undefined || now.getTime() - Date.parse(open.updatedAt) < abandonedAfterMs) return;
  await rows.upsert("runs", place, { head: open.head, updatedAt: now.toISOString() });
  await queue.send(item(open.head));
}
