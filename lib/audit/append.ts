// Appends entries. Any number of instances write into one chain: whoever inserts a number first has it, the others take
// the next. What is asked for while a write is under way goes into the next write together.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { Random } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { AuditEvent } from "../ports/audit-trail.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { headRow, type Link, link, partition, type Stamped, type Tail } from "./entry.js";
import { findTail } from "./tail.js";
import { headLostAction } from "./walk.js";

export interface AppendDeps {
  rows: RowStore;
  blobs: BlobStore;
  clock: Clock;
  random: Random;
}

/** A transaction takes 100 writes: these, the head, and perhaps the word that the head was lost. */
const mostAtOnce = 98;

/** Each lost try means that another instance has written; ten instances that never rest lose so often once in a million. */
const mostTries = 120;
const pauseMs = 10;
const longestPauseMs = 200;

interface Waiting extends Stamped {
  written(): void;
  failed(error: unknown): void;
}

/** @returns append: resolves when the entry is durable, throws `unavailable` (AUDIT_UNAVAILABLE) when it may not be */
export function openAppender(deps: AppendDeps): (event: AuditEvent) => Promise<void> {
  const chain = openChain(deps);
  const waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostAtOnce);
      try {
        await chain(batch);
        for (const { written } of batch) written();
      } catch (error) {
        for (const { failed } of batch) failed(unavailable(error));
      }
    }
    isWriting = false;
  }

  return (event) =>
    new Promise((written, failed) => {
      waiting.push({ time: deps.clock.now().toISOString(), id: deps.random.hex(16), event, written, failed });
      void writeAll();
    });
}

export const unavailable = (cause: unknown) =>
  new MailkeepError("unavailable", "the audit cannot be written just now, so nothing is given out or changed", {
    cause,
    reason: "AUDIT_UNAVAILABLE",
  });

/** Writes one batch behind the end of the chain, wherever that is by then. */
function openChain(deps: AppendDeps): (batch: Stamped[]) => Promise<void> {
  const { rows, clock, random } = deps;
  let known: Tail | undefined;

  async function attempt(batch: Stamped[]): Promise<boolean> {
    const { tail, lost } = known === undefined ? await findTail(deps) : { tail: known, lost: false };
    known = undefined; // whatever happens now, only success says where the end is
    const links = link(lost ? [headLost(deps), ...batch] : batch, tail);
    try {
      known = await insert(links, rows);
      return true;
    } catch (error) {
      if (!isMailkeepError(error, "conflict")) throw error;
      return isOurs(links[0], rows);
    }
  }

  return async (batch) => {
    for (let tries = 1; ; tries++) {
      if (await attempt(batch)) return;
      if (tries >= mostTries) throw new MailkeepError("conflict", "other instances were always first");
      await clock.sleep(random.fraction() * Math.min(tries * pauseMs, longestPauseMs));
    }
  };
}

/** All or none; the head goes with them, so that nobody can cut the end off unseen. */
async function insert(links: Link[], rows: RowStore): Promise<Tail | undefined> {
  const last = links.at(-1);
  if (last === undefined) return undefined;
  const { seq, hash } = last;
  await rows.batch("audit", partition, [
    ...links.map((one) => ({ kind: "insert" as const, row: one.row, values: { entry: one.text, hash: one.hash } })),
    { kind: "upsert", row: headRow, values: { seq, hash } },
  ]);
  return { seq, hash };
}

/** Whether the conflict is our own write, whose answer was lost and which was sent again. */
async function isOurs(first: Link | undefined, rows: RowStore): Promise<boolean> {
  if (first === undefined) return true;
  return (await rows.get("audit", { partition, row: first.row }))?.values.entry === first.text;
}

/** Stands in the chain for good, where every check finds it. */
const headLost = ({ clock, random }: AppendDeps): Stamped => ({
  time: clock.now().toISOString(),
  id: random.hex(16),
  event: {
    kind: "change",
    subject: "mailkeep",
    action: headLostAction,
    object: "audit",
    outcome: "done",
    request: random.hex(16),
  },
});
