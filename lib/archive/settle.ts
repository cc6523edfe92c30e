// What a profile owes or waits for, and how that ends: the events, to be noted together with their reason.
import { isOwedBy, withoutOwner } from "../catalog/quarantine.js";
import type { ImmutableId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Session } from "./session.js";

/** Whether the profile is owed the message, or has waited for it: its end must be told. */
export const isExpected = (session: Session, id: ImmutableId): boolean => {
  const owed = session.owed.get(id);
  return session.due.has(id) || (owed !== undefined && isOwedBy(owed, session.profile));
};

/** The profile wants the message no longer; others may. */
export function noLongerOwed({ owed, profile }: Session, id: ImmutableId): LedgerEvent[] {
  const before = owed.get(id);
  const left = withoutOwner(before, profile);
  if (left === before) return [];
  if (left === undefined) owed.delete(id);
  else owed.set(id, left);
  return [{ kind: "released", id, profile }];
}

/** What the profile waited for has come, one way or another. */
export function endOfWait({ due }: Session, id: ImmutableId): LedgerEvent[] {
  const waiting = due.get(id);
  if (waiting === undefined) return [];
  due.delete(id);
  const { profile, scope, dueAt } = waiting;
  return [{ kind: "released", id, profile, scope, dueAt }];
}
