// One message into the archive, or into the quarantine: every way this can end is written down.
import { MailkeepError } from "../core/errors.js";
import type { FolderId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import { noteAbsence } from "./absence.js";
import { decidePlace } from "./decide.js";
import { fetchMessage, type Wanted } from "./fetch.js";
import { nextTryAt } from "./owed.js";
import type { Health, Session } from "./session.js";

/** This many messages in a row failing for passing reasons is the mailbox failing, not the messages. */
const failuresInARow = 12;

/** @throws only what is a fault of the whole mailbox */
export async function takeIn(session: Session, wanted: Wanted, health: Health): Promise<void> {
  const { writer, owed } = session;
  const { id } = wanted.message;
  const fetched = await fetchMessage(wanted, session);
  if (fetched.kind === "ready") {
    health.failures = 0;
    owed.delete(id);
    return writer.store(fetched.message, fetched.skeleton);
  }
  if (fetched.kind === "gone") {
    if (wanted.version > 1) return noteAbsence(session, id, await writer.lookUp(id), wanted.folder);
    owed.delete(id);
    return writer.note([{ kind: "gone", id, folderId: wanted.folder.id }]);
  }
  health.failures = fetched.transient ? health.failures + 1 : 0;
  if (health.failures >= failuresInARow) throw mailboxFails(fetched.reason);
  await quarantine(session, wanted, fetched);
}

const mailboxFails = (reason: string) =>
  new MailkeepError("unavailable", `${failuresInARow} messages in a row could not be read (${reason})`, { reason });

async function quarantine(
  { owed, clock, writer }: Session,
  { message: { id }, folder, version }: Wanted,
  { reason, requestId }: { reason: string; requestId?: string },
): Promise<void> {
  const before = owed.get(id);
  const now = clock.now();
  const at = now.toISOString();
  const again = nextTryAt((before?.attempts ?? 0) + 1, now)?.toISOString();
  const facts = {
    id,
    folderId: folder.id as FolderId,
    reason,
    attempts: (before?.attempts ?? 0) + 1,
    ...(requestId !== undefined && { requestId }),
    ...(again !== undefined && { nextTryAt: again }),
  };
  owed.set(id, { ...facts, firstAt: before?.firstAt ?? at, lastAt: at });
  // Where it is now is known, whatever keeps us from its new content.
  const known = version > 1 ? await writer.lookUp(id) : undefined;
  if (known !== undefined) await writer.note(decidePlace(known, folder), { id, known });
  await writer.note([{ kind: "quarantined", ...facts, at } satisfies LedgerEvent]);
}
