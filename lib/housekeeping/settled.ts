// Whether all work that began before a plan was ready has ended: only then is everything it will ever commit committed.
import type { HousekeepingId, MailboxId } from "../core/ids.js";
import { type Clock, minute } from "../core/time.js";
import { claimState } from "../mailboxes/claim.js";
import { listAllMailboxes } from "../mailboxes/mailbox.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { claimRow, listMarks } from "./repo.js";

export interface SettleDeps {
  rows: RowStore;
  blobs: BlobStore;
  clock: Clock;
}

/** A claim that was not given back but ran out: a last write of its holder may be on its way for a while. */
const lateWriteMs = 5 * minute;

/** Writes down who works on which mailbox now. Whoever begins later looks at the sweep first. */
export async function markWorkers(plan: HousekeepingId, deps: SettleDeps): Promise<void> {
  const { rows, clock } = deps;
  for (const mailbox of await everyMailbox(deps)) {
    const claim = await claimState(mailbox, rows);
    if (claim === undefined || claim.until + lateWriteMs <= clock.now().getTime()) continue;
    await rows.upsert("runs", { partition: plan, row: claimRow(mailbox) }, { holder: claim.holder });
  }
}

/** The mailbox of a worker that was there when the plan was ready and may still be; undefined when there is none. */
export async function unsettled(plan: HousekeepingId, { rows, clock }: SettleDeps): Promise<string | undefined> {
  for await (const { mailbox, values } of listMarks(rows, plan, "c_")) {
    const claim = await claimState(mailbox as MailboxId, rows);
    const isSame = claim !== undefined && claim.holder === values.holder;
    if (isSame && claim.until + lateWriteMs > clock.now().getTime()) return mailbox;
  }
  return undefined;
}

/** Those of the directory, who may be archived at this moment for the first time, and those of the container. */
export async function everyMailbox({ rows, blobs }: SettleDeps): Promise<MailboxId[]> {
  const all = new Set<MailboxId>();
  for await (const { id } of listAllMailboxes(rows)) all.add(id);
  for (const mailbox of await archivedMailboxes(blobs)) all.add(mailbox);
  return [...all].sort();
}

/** By the container alone: whoever has left the directory is still archived. */
export async function archivedMailboxes(blobs: BlobStore): Promise<MailboxId[]> {
  const all: MailboxId[] = [];
  for await (const segment of blobs.folders("mailboxes/")) all.push(segment as MailboxId);
  return all.sort();
}
