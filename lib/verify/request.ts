// A verification is wished for, begun and cancelled.

import { loadApplied } from "../catalog/messages.js";
import { MailkeepError } from "../core/errors.js";
import { MailboxId, newVerificationId, type Random, type VerificationId } from "../core/ids.js";
import { nothingToCancel } from "../core/nothing-to-cancel.js";
import type { Clock } from "../core/time.js";
import { newestSound, type SoundHead } from "../heads/read-heads.js";
import { hasLedger } from "../ledger/journal.js";
import { findMailbox, listAllMailboxes } from "../mailboxes/mailbox.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { WorkItem } from "../work/item.js";
import { checkHeads, type HeadTools } from "./check-heads.js";
import { closeVerification } from "./close.js";
import {
  changeVerification,
  findPart,
  findVerification,
  insertPart,
  insertVerification,
  listParts,
  replacePart,
} from "./repo.js";
import { type Depth, isOpen, newPart, type Verification, type VerifyPart } from "./verification.js";

export interface RequestDeps {
  rows: RowStore;
  blobs: BlobStore;
  queue: WorkQueue;
  clock: Clock;
  random: Random;
  log: Log;
  checkStamp?: HeadTools["checkStamp"];
}

export interface Wish {
  mailboxes?: MailboxId[] | undefined;
  depth: Depth;
}

/** @throws not-found (MAILBOX_NOT_FOUND) for a mailbox that neither the directory nor the archive knows */
export async function requestVerification(
  { mailboxes, depth }: Wish,
  trigger: Verification["trigger"],
  deps: RequestDeps,
): Promise<Verification> {
  const { rows, queue, clock, random } = deps;
  const chosen = mailboxes && [...new Set(mailboxes)];
  for (const id of chosen ?? []) await assertKnown(id, deps);
  const now = clock.now();
  const verification: Verification = {
    id: newVerificationId(now, random),
    depth,
    trigger,
    status: "pending",
    ...(chosen && { mailboxes: chosen }),
    requestedAt: now.toISOString(),
    cancelRequested: false,
  };
  await insertVerification(rows, verification);
  const item: WorkItem = { v: 1, kind: "verify", verification: verification.id };
  await queue.send(JSON.stringify(item));
  return verification;
}

async function assertKnown(id: MailboxId, { rows, blobs }: RequestDeps): Promise<void> {
  if ((await findMailbox(rows, id)) !== undefined || (await loadApplied(rows, id)).head.seq !== 0) return;
  if (await hasLedger(blobs, id)) return;
  throw new MailkeepError("not-found", `no mailbox ${id} in the directory snapshot or in the archive`, {
    reason: "MAILBOX_NOT_FOUND",
  });
}

/** Writes a part for each mailbox and sends its item. Doing it again, after a crash, adds what is missing. */
export async function startVerification(id: VerificationId, deps: RequestDeps): Promise<void> {
  const { rows, blobs, queue, clock } = deps;
  const found = (await findVerification(rows, id))?.value;
  if (found === undefined || !isOpen(found.status)) return;
  if (found.startedAt === undefined) {
    const heads = await checkHeads(deps);
    const vouched = vouchedBy(await newestSound(blobs));
    for (const mailbox of found.mailboxes ?? (await allMailboxes(deps, vouched)))
      await insertPart(rows, newPart(found, mailbox, { now: clock.now(), vouched: vouched.get(mailbox) }));
    const begun = { status: "running" as const, startedAt: clock.now().toISOString() };
    await changeVerification(rows, id, (current) =>
      isOpen(current.status) ? { ...current, ...begun, ...(heads.count > 0 && { heads }) } : undefined,
    );
  }
  for await (const { mailbox, status } of listParts(rows, id)) {
    if (status !== "pending") continue;
    const item: WorkItem = { v: 1, kind: "verify", verification: id, mailbox };
    await queue.send(JSON.stringify(item));
  }
  await closeVerification(id, deps);
}

function vouchedBy(head: SoundHead | undefined): Map<MailboxId, NonNullable<VerifyPart["vouched"]>> {
  const named = head?.entries.map(
    ({ mailbox, seq, sha256 }) => [mailbox, { head: head.head.id, seq, sha256 }] as const,
  );
  return new Map(named);
}

/** Those that only the newest head knows are no less missed. */
async function allMailboxes({ rows, blobs }: RequestDeps, vouched: Map<MailboxId, unknown>): Promise<MailboxId[]> {
  return [...new Set([...(await everyMailbox(rows, blobs)), ...vouched.keys()])].sort();
}

/**
 * Every mailbox with anything archived: those in the container, whoever has left the directory, and those of the directory
 * that the tables say were archived, whatever the container lacks.
 */
export async function everyMailbox(rows: RowStore, blobs: BlobStore): Promise<MailboxId[]> {
  const all = new Set<MailboxId>();
  for await (const { id } of listAllMailboxes(rows)) if ((await loadApplied(rows, id)).head.seq !== 0) all.add(id);
  for (let after = ""; ; ) {
    const name = await firstName(blobs, after);
    if (name === undefined) break;
    const segment = name.split("/", 2)[1] ?? "";
    const id = MailboxId.safeParse(segment);
    if (id.success) all.add(id.data);
    // `0` follows `/`: the first name that is not below this mailbox.
    after = `mailboxes/${segment}0`;
  }
  return [...all].sort();
}

async function firstName(blobs: BlobStore, after: string): Promise<string | undefined> {
  for await (const { name } of blobs.list("mailboxes/", after)) return name;
  return undefined;
}

/**
 * Mailboxes that wait are cancelled now; those at work stop within seconds. To ask again changes nothing.
 * @throws not-found, conflict (VERIFICATION_ENDED) when it came to another end than this
 */
export async function cancelVerification(id: VerificationId, deps: RequestDeps): Promise<void> {
  const { rows, clock } = deps;
  const endedAt = clock.now().toISOString();
  const wanted = await changeVerification(rows, id, (current) => {
    if (current.status === "cancelled") return undefined;
    if (!isOpen(current.status)) throw nothingToCancel("verification", current, "VERIFICATION_ENDED");
    const cancelled = { ...current, cancelRequested: true };
    return current.startedAt === undefined ? { ...cancelled, status: "cancelled" as const, endedAt } : cancelled;
  });
  if (!isOpen(wanted.status)) return;
  for await (const { mailbox, status } of listParts(rows, id)) {
    if (status !== "pending") continue;
    const found = await findPart(rows, id, mailbox);
    if (found?.value.status === "pending")
      await replacePart(rows, { ...found.value, status: "cancelled", endedAt, updatedAt: endedAt }, found.etag);
  }
  await closeVerification(id, deps);
}
