// What failed for one message is written down, to be tried again by a later run.
import { MailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { FolderPlace } from "./decide.js";
import { nextTryAt } from "./owed.js";
import type { Health, Session } from "./session.js";

/**
 * This many messages in a row failing for passing reasons is the mailbox failing, not the messages. More than there are
 * workers: all of them may be at a message that takes long to come while others fail at once, or the other way round.
 */
const failuresInARow = 20;

export interface Failure {
  reason: string;
  transient: boolean;
  requestId?: string;
  health: Health;
}

/** @throws unavailable when it is the mailbox that fails */
export async function owe(
  { owed, clock, writer, profile }: Session,
  { id, folder }: { id: ImmutableId; folder: FolderPlace },
  { reason, transient, requestId, health }: Failure,
): Promise<void> {
  health.failures = transient ? health.failures + 1 : 0;
  if (health.failures >= failuresInARow) throw mailboxFails(reason);
  const before = owed.get(id);
  const now = clock.now();
  const at = now.toISOString();
  const attempts = (before?.attempts ?? 0) + 1;
  const again = nextTryAt(attempts, now)?.toISOString();
  // What an old record names no owner of is anybody's.
  const owedBy = before === undefined ? [profile] : before.owedBy && [...new Set([...before.owedBy, profile])];
  const facts = {
    id,
    folderId: folder.id as FolderId,
    reason,
    attempts,
    ...(requestId !== undefined && { requestId }),
    ...(again !== undefined && { nextTryAt: again }),
    ...(owedBy !== undefined && { owedBy }),
  };
  owed.set(id, { ...facts, firstAt: before?.firstAt ?? at, lastAt: at });
  await writer.note([{ kind: "quarantined", ...facts, at }]);
}

/**
 * A message tried in vain in this run turns up in another folder: it is owed to whoever reads that one. The try was
 * counted already.
 */
export async function noteFolder({ owed, writer }: Session, id: ImmutableId, folderId: FolderId): Promise<void> {
  const before = owed.get(id);
  if (before === undefined || before.folderId === folderId) return;
  const { firstAt: _, lastAt: at, ...facts } = { ...before, folderId };
  owed.set(id, { ...before, folderId });
  await writer.note([{ kind: "quarantined", ...facts, at, counted: true }]);
}

const mailboxFails = (reason: string) =>
  new MailkeepError("unavailable", `${failuresInARow} messages in a row could not be read (${reason})`, { reason });
