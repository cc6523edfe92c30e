// Messages owed another try or given up on, each with its reason, attempts and next try. Rows derived from the ledger.
import { type FolderId, type ImmutableId, type MailboxId, shortHash } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { RowStore } from "../ports/row-store.js";
import { defined } from "./known.js";

export interface Owed {
  id: ImmutableId;
  folderId: FolderId;
  reason: string;
  attempts: number;
  firstAt: string;
  lastAt: string;
  /** Absent: given up until a person asks again. */
  nextTryAt?: string;
  requestId?: string;
}

export async function* owedMessages(rows: RowStore, mailbox: MailboxId): AsyncIterable<Owed> {
  for await (const { values } of rows.scan("quarantine", mailbox)) {
    const optional = { nextTryAt: values.nextTryAt || undefined, requestId: values.requestId || undefined };
    yield {
      id: values.id as ImmutableId,
      folderId: values.folderId as FolderId,
      reason: String(values.reason),
      attempts: Number(values.attempts),
      firstAt: String(values.firstAt),
      lastAt: String(values.lastAt),
      ...(defined(optional) as { nextTryAt?: string; requestId?: string }),
    };
  }
}

export async function quarantine(
  rows: RowStore,
  mailbox: MailboxId,
  event: Extract<LedgerEvent, { kind: "quarantined" }>,
): Promise<void> {
  const key = { partition: mailbox, row: shortHash(event.id) };
  const earlier = await rows.get("quarantine", key);
  await rows.upsert("quarantine", key, {
    id: event.id,
    folderId: event.folderId,
    reason: event.reason.slice(0, 500),
    attempts: event.attempts,
    firstAt: earlier?.values.firstAt ?? event.at,
    lastAt: event.at,
    nextTryAt: event.nextTryAt,
    requestId: event.requestId,
  });
}

export async function releaseFromQuarantine(rows: RowStore, mailbox: MailboxId, id: string): Promise<void> {
  await rows.delete("quarantine", { partition: mailbox, row: shortHash(id) });
}
