// Messages owed another try or given up on, each with its reason, attempts and next try. Rows derived from the ledger.
import { type FolderId, type ImmutableId, type MailboxId, shortHash } from "../core/ids.js";
import type { LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { RowStore } from "../ports/row-store.js";
import { defined } from "./known.js";

/** Where what is owed was last seen, and to whom it is owed. */
export interface OwedPlace {
  folderId: string;
  /** The profiles that want it; absent in old records, where any profile may. */
  owedBy?: string[] | undefined;
}

export interface Owed extends OwedPlace {
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

/** What one profile owes a mailbox may be nothing that another one wants. */
export const isOwedBy = ({ owedBy }: Pick<OwedPlace, "owedBy">, profile: string): boolean =>
  owedBy === undefined || owedBy.includes(profile);

export async function* owedMessages(rows: RowStore, mailbox: MailboxId): AsyncIterable<Owed> {
  for await (const { values } of rows.scan("quarantine", mailbox)) {
    const optional = {
      nextTryAt: values.nextTryAt || undefined,
      requestId: values.requestId || undefined,
      owedBy: values.owedBy ? (JSON.parse(String(values.owedBy)) as string[]) : undefined,
    };
    yield {
      id: values.id as ImmutableId,
      folderId: values.folderId as FolderId,
      reason: String(values.reason),
      attempts: Number(values.attempts),
      firstAt: String(values.firstAt),
      lastAt: String(values.lastAt),
      ...(defined(optional) as { nextTryAt?: string; requestId?: string; owedBy?: string[] }),
    };
  }
}

/**
 * Applies what a record says of the quarantine, in its order. `owed` holds the ids in quarantine, and is kept up to date.
 * What the record stores is not owed any more, whatever else it says: a failure that came after the message was stored
 * stands in the next record.
 */
export async function applyToQuarantine(
  rows: RowStore,
  { mailbox, events, stored }: LedgerRecord,
  owed: Map<string, OwedPlace>,
): Promise<void> {
  const settle = async (id: string) => {
    if (!owed.has(id)) return;
    await rows.delete("quarantine", keyOf(mailbox, id));
    owed.delete(id);
  };
  for (const event of events) {
    if (event.kind === "quarantined") {
      await quarantine(rows, mailbox, event);
      owed.set(event.id, placeOf(event));
    } else if (event.kind === "gone") await settle(event.id);
    else if (event.kind === "skipped" && event.profile === undefined) await settle(event.id);
    else if (event.kind === "released" && event.dueAt === undefined) {
      const left = withoutOwner(owed.get(event.id), event.profile);
      if (left === undefined) await settle(event.id);
      else if (left !== owed.get(event.id)) {
        await rows.batch("quarantine", mailbox, [{ kind: "merge", row: shortHash(event.id), values: ownersOf(left) }]);
        owed.set(event.id, left);
      }
    }
  }
  for (const { id } of stored) await settle(id);
}

/** What is still owed, and to whom, once one profile wants it no longer; undefined: nothing is. */
export function withoutOwner<T extends OwedPlace>(owed: T | undefined, profile: string): T | undefined {
  if (owed?.owedBy === undefined || !owed.owedBy.includes(profile)) return owed;
  const owedBy = owed.owedBy.filter((owner) => owner !== profile);
  return owedBy.length === 0 ? undefined : { ...owed, owedBy };
}

const keyOf = (mailbox: MailboxId, id: string) => ({ partition: mailbox, row: shortHash(id) });
const ownersOf = ({ owedBy }: OwedPlace) => ({ owedBy: owedBy && JSON.stringify(owedBy) });
const placeOf = ({ folderId, owedBy }: OwedPlace): OwedPlace => ({ folderId, ...(owedBy && { owedBy }) });

async function quarantine(
  rows: RowStore,
  mailbox: MailboxId,
  event: Extract<LedgerEvent, { kind: "quarantined" }>,
): Promise<void> {
  const key = keyOf(mailbox, event.id);
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
    ...ownersOf(event),
  });
}

/** The ids in quarantine with their places. */
export async function owedPlaces(rows: RowStore, mailbox: MailboxId): Promise<Map<string, OwedPlace>> {
  const places = new Map<string, OwedPlace>();
  for await (const owed of owedMessages(rows, mailbox)) places.set(owed.id, placeOf(owed));
  return places;
}
