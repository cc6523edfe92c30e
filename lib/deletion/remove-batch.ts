// A batch of proven messages out of the mailbox: intents, deletions, receipts, in this order.
import { isMailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { DeletionOutcome, MailboxWriter } from "../ports/mail-writer.js";
import type { KeptCause } from "../runs/deletion-counts.js";
import { type DeletedPlaces, type Intent, type Journal, receiptOf } from "./intents.js";

export interface Removal {
  journal: Journal;
  writer: MailboxWriter;
  places: DeletedPlaces;
  /** Keys of which an intent was found still open when the work began: it may have been carried out late. */
  interrupted: ReadonlySet<string>;
  clock: Clock;
  /** After the intents are committed, before the mailbox is asked. */
  onIntents(intents: Intent[]): Promise<void>;
}

export interface Removed {
  intent: Intent;
  end: "deleted" | { cause: KeptCause; code?: string };
}

export interface BatchEnd {
  removed: Removed[];
  /** The record with the receipts, if there were any. */
  record: LedgerRecord | undefined;
  /** What stopped the batch; intents it left open are looked into by the next worker. */
  fault: unknown;
}

export async function removeBatch(intents: Intent[], removal: Removal): Promise<BatchEnd> {
  await removal.journal.commit(intents);
  await removal.onIntents(intents);
  const asked = await Promise.allSettled(intents.map((intent) => remove(intent, removal)));
  const removed: Removed[] = [];
  let fault: unknown;
  asked.forEach((answer, index) => {
    const intent = intents[index] as Intent;
    if (answer.status === "fulfilled") removed.push({ intent, end: endOf(intent, answer.value, removal) });
    else fault ??= answer.reason;
  });
  if (removed.length === 0) return { removed, record: undefined, fault };
  const record = await removal.journal.commit(removed.map((one) => eventOf(one, removal)));
  return { removed, record, fault };
}

/** That the second identity is refused is an answer; whatever else is thrown leaves open what was done. */
async function remove(intent: Intent, { writer }: Removal): Promise<DeletionOutcome> {
  const { id, action, changeKey, folderId } = intent;
  try {
    return await writer.remove(id as ImmutableId, action, { changeKey, folderId: folderId as FolderId });
  } catch (error) {
    if (!isMailkeepError(error, "forbidden", "unauthenticated", "no-mailbox")) throw error;
    return { kind: "refused", reason: error.reason ?? error.code };
  }
}

function endOf({ key }: Intent, outcome: DeletionOutcome, { interrupted }: Removal): Removed["end"] {
  switch (outcome.kind) {
    case "deleted":
      return "deleted";
    case "gone":
      return interrupted.has(key) ? "deleted" : { cause: "gone" };
    case "changed":
      return { cause: "changed" };
    case "refused":
      return { cause: "refused", code: outcome.reason };
  }
}

function eventOf({ intent, end }: Removed, { clock, places }: Removal): LedgerEvent {
  if (end === "deleted") return receiptOf(intent, { at: clock.now(), places });
  const { key, receivedAt } = intent;
  return { kind: "kept", key, receivedAt, cause: end.cause };
}
