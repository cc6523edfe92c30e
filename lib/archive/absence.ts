// What is written down of a message that is not, or no longer, where the run reads.
import type { Known } from "../catalog/known.js";
import type { ImmutableId } from "../core/ids.js";
import type { SkipCause } from "../core/skip-cause.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Session } from "./session.js";
import { endOfWait, noLongerOwed } from "./settle.js";

/** Graph does not know the message any more. */
export async function noteAbsence(
  session: Session,
  id: ImmutableId,
  known: Known | undefined,
  folder: { id: string },
): Promise<void> {
  const { writer, owed, clock } = session;
  if (known !== undefined && known.removedAt === undefined) {
    const { key, receivedAt, folderId } = known;
    const at = clock.now().toISOString();
    await writer.note([{ kind: "removed", key, receivedAt, from: folderId, at }], { id, known });
  }
  const ended = endOfWait(session, id);
  if (owed.delete(id) || (ended.length > 0 && known === undefined))
    await writer.note([{ kind: "gone", id, folderId: folder.id }, ...ended]);
  else await writer.note(ended);
}

/** Nothing is left to be fetched of the message: if it was owed a try, or waited for, it is not any more. */
export async function letGo(session: Session, id: ImmutableId, why: LetGo): Promise<void> {
  const { writer, owed, profile } = session;
  const before = owed.get(id);
  const isForAll = before !== undefined && (why.cause === "ALREADY_ARCHIVED" || before.owedBy === undefined);
  const released = isForAll ? [] : noLongerOwed(session, id);
  if (isForAll) owed.delete(id);
  const waited = endOfWait(session, id);
  const skipped: LedgerEvent = { kind: "skipped", id, ...why, ...(!isForAll && { profile }) };
  // Whoever waited for what another profile has brought in meanwhile missed nothing.
  const isTold = isForAll || released.length > 0 || (waited.length > 0 && why.cause !== "ALREADY_ARCHIVED");
  await writer.note([...(isTold ? [skipped] : []), ...released, ...waited]);
}

interface LetGo {
  folderId: string;
  cause: Extract<SkipCause, "FOLDER_NOT_CHOSEN" | "ALREADY_ARCHIVED">;
}
