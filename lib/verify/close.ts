// Ends a verification when all its mailboxes have ended, and sends out again what nobody is working on any more.
import type { MailboxId, VerificationId } from "../core/ids.js";
import { type Clock, day, minute } from "../core/time.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { changeVerification, findPart, findVerification, listParts, listVerifications, replacePart } from "./repo.js";
import { isOpen, type Problem, statusOf, type VerifyStatus } from "./verification.js";

export interface CloseDeps {
  rows: RowStore;
  clock: Clock;
  log: Log;
}

export async function closeVerification(id: VerificationId, { rows, clock, log }: CloseDeps): Promise<void> {
  const found = (await findVerification(rows, id))?.value;
  if (found === undefined || !isOpen(found.status) || found.startedAt === undefined) return;
  const statuses: VerifyStatus[] = [];
  for await (const part of listParts(rows, id)) {
    if (isOpen(part.status)) return;
    statuses.push(part.status);
  }
  const status = statusOf([...statuses, ...((found.heads?.count ?? 0) > 0 ? (["findings"] as const) : [])]);
  await changeVerification(rows, id, (current) =>
    isOpen(current.status) ? { ...current, status, endedAt: clock.now().toISOString() } : undefined,
  );
  const level = status === "succeeded" || status === "cancelled" ? "info" : "error";
  log[level]("verification ended", { verification: id, status });
}

/** Shows a person what the queue has given up on: a mailbox, or with none the whole verification. */
export async function failVerification(
  id: VerificationId,
  mailbox: MailboxId | undefined,
  problem: Problem,
  deps: CloseDeps,
): Promise<void> {
  const { rows, clock } = deps;
  const endedAt = clock.now().toISOString();
  if (mailbox === undefined) {
    await changeVerification(rows, id, (current) =>
      isOpen(current.status) ? { ...current, status: "failed", endedAt, problem } : undefined,
    );
    return;
  }
  for (let done = false; !done; ) {
    const found = await findPart(rows, id, mailbox);
    if (found === undefined || !isOpen(found.value.status)) break;
    const failed = { ...found.value, status: "failed" as const, problem, endedAt, updatedAt: endedAt };
    done = (await replacePart(rows, failed, found.etag)) !== undefined;
  }
  await closeVerification(id, deps);
}

/** Older ones are no longer looked after. */
const lookBackMs = 7 * day;
/** No sign of life for so long: a worker saves every ten seconds and waits at most five minutes after a fault. */
const abandonedAfterMs = 15 * minute;

/** The timer's round: closes what can be closed, and sends again what the queue has lost. */
export async function tidyVerifications(deps: CloseDeps & { queue: WorkQueue }): Promise<void> {
  const { rows, queue, clock } = deps;
  const now = clock.now().getTime();
  const send = (item: WorkItem) => queue.send(JSON.stringify(item));
  for await (const { id, status, requestedAt, startedAt } of listVerifications(rows)) {
    if (Date.parse(requestedAt) < now - lookBackMs) return;
    if (!isOpen(status)) continue;
    if (startedAt === undefined) {
      if (now - Date.parse(requestedAt) > abandonedAfterMs) await send({ v: 1, kind: "verify", verification: id });
      continue;
    }
    await closeVerification(id, deps);
    for await (const part of listParts(rows, id))
      if (isOpen(part.status) && now - Date.parse(part.updatedAt) > abandonedAfterMs)
        await send({ v: 1, kind: "verify", verification: id, mailbox: part.mailbox });
  }
}
