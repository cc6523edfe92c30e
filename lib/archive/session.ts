// One stretch of work on one mailbox: walkers put what they find into a channel, workers take it out, and the writer
// commits what they bring. It ends when all is read, when time is up, or at the first fault that concerns the whole mailbox.
import type { Known } from "../catalog/known.js";
import type { Owed } from "../catalog/quarantine.js";
import { type Channel, channel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId, ProfileId, RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { AttachmentStore } from "./attachments.js";
import type { FolderPlace } from "./decide.js";
import { decidePlace, decidePresent } from "./decide.js";
import { fetchMessage, type Wanted } from "./fetch.js";
import { nextTryAt } from "./owed.js";
import type { Settle } from "./tickets.js";
import type { Tree } from "./tree.js";
import type { ArchiveWriter } from "./writer.js";

/** Something for a worker to do about one message. */
export type Task = { settle: Settle } & (
  | { kind: "fetch"; wanted: Wanted }
  /** Ask the mailbox where a message is now, and treat it accordingly. */
  | { kind: "ask"; id: ImmutableId; folder: FolderPlace }
);

export interface Session {
  reader: MailboxReader;
  writer: ArchiveWriter;
  attachments: AttachmentStore;
  tree: Tree;
  profile: ProfileId;
  run: RunId;
  runStartedAt: string;
  /** Messages in quarantine; one that is settled leaves. */
  owed: Map<ImmutableId, Owed>;
  clock: Clock;
  /** True when the invocation should come to an end: walkers stop after their page, workers after their message. */
  timeIsUp(): boolean;
  tasks: Channel<Task>;
  /** A hidden folder that the tree leaves out, by id; undefined when there is none such. */
  hiddenFolder(id: FolderId): Promise<FolderPlace | undefined>;
  /** One decision at a time for each message, whichever folders speak of it. */
  busy: Map<ImmutableId, Promise<void>>;
  /** Rejects when the session has failed; never resolves. */
  failure: Promise<never>;
}

/** Tasks waiting for a worker: enough to keep four requests in flight, few enough to forget when time is up. */
export const taskCapacity = 500;

/**
 * Workers beside each other. Four requests may be in flight (the reader sees to it); the other workers split, store
 * attachments and pack meanwhile, so that a free slot is taken at once.
 */
export const workersPerMailbox = 8;

export const openTasks = (): Channel<Task> => channel<Task>(taskCapacity);

/** How the mailbox has been doing: shared by its workers. */
export interface Health {
  failures: number;
}

/** This many messages in a row failing for passing reasons is the mailbox failing, not the messages. */
const failuresInARow = 12;

/** Takes tasks until the channel is closed and empty. */
export async function workOff(session: Session, health: Health): Promise<void> {
  for (let task = await session.tasks.pull(); task !== undefined; task = await session.tasks.pull()) {
    // What is left when time is up stays unsettled: its page is read again next time.
    if (session.timeIsUp()) {
      task.settle(false);
      continue;
    }
    if (task.kind === "ask") await ask(session, task, health);
    else await fetchAndStore(session, task.wanted, health);
    task.settle(true);
  }
}

/** Finds out what became of a message, and treats it as what it is. */
async function ask(
  session: Session,
  { id, folder }: { id: ImmutableId; folder: FolderPlace },
  health: Health,
): Promise<void> {
  const { reader, writer, tree } = session;
  const message = await reader.message(id);
  const known = await writer.lookUp(id);
  if (message === undefined) return noteAbsence(session, id, known, folder);
  if (message.folderId === undefined) return; // It is in the mailbox, and Graph did not say more.
  const place = tree.all.get(message.folderId);
  if (known === undefined) {
    // Elsewhere it is no concern of this profile.
    if (place !== undefined && tree.wanted.includes(place))
      await fetchAndStore(session, { message, version: 1, folder: place }, health);
    return;
  }
  if (place === undefined) return noteElsewhere(session, id, known, message.folderId);
  const decision = decidePresent(message, known, place);
  if (decision.kind === "fetch") await fetchAndStore(session, { ...decision, folder: place }, health);
  else if (decision.kind === "record") await writer.note(decision.events, { id, known });
}

/** Graph does not know the message any more. */
async function noteAbsence(
  { writer, owed, clock }: Session,
  id: ImmutableId,
  known: Known | undefined,
  folder: { id: string },
): Promise<void> {
  if (known === undefined) {
    if (owed.delete(id)) await writer.note([{ kind: "gone", id, folderId: folder.id }]);
    return;
  }
  if (known.removedAt !== undefined) return;
  const { key, receivedAt, folderId } = known;
  const at = clock.now().toISOString();
  await writer.note([{ kind: "removed", key, receivedAt, from: folderId, at }], { id, known });
}

/**
 * It is in a folder that the tree does not show. A hidden folder is a place like any other; outside even those lies
 * Recoverable Items, where deleted mail waits for its end: for the user it has left the mailbox.
 */
async function noteElsewhere(session: Session, id: ImmutableId, known: Known, folderId: FolderId): Promise<void> {
  if (folderId === known.folderId) return;
  const hidden = await session.hiddenFolder(folderId);
  if (hidden === undefined) return noteAbsence(session, id, known, { id: known.folderId });
  await session.writer.note(decidePlace(known, hidden), { id, known });
}

/** Every way this can end is written down; only a fault of the whole mailbox is thrown. */
async function fetchAndStore(session: Session, wanted: Wanted, health: Health): Promise<void> {
  const { writer } = session;
  const { id } = wanted.message;
  const fetched = await fetchMessage(wanted, session);
  if (fetched.kind === "ready") {
    health.failures = 0;
    session.owed.delete(id);
    return writer.store(fetched.message, fetched.skeleton);
  }
  if (fetched.kind === "gone") {
    if (wanted.version > 1) return noteAbsence(session, id, await writer.lookUp(id), wanted.folder);
    return writer.note([{ kind: "gone", id, folderId: wanted.folder.id }]);
  }
  health.failures = fetched.transient ? health.failures + 1 : 0;
  if (health.failures >= failuresInARow)
    throw new MailkeepError(
      "unavailable",
      `${failuresInARow} messages in a row could not be read (${fetched.reason})`,
      {
        reason: fetched.reason,
      },
    );
  await writer.note([quarantinedEvent(session, wanted, fetched)]);
}

function quarantinedEvent(
  { owed, clock }: Session,
  { message: { id }, folder }: Wanted,
  { reason, requestId }: { reason: string; requestId?: string },
): LedgerEvent {
  const attempts = (owed.get(id)?.attempts ?? 0) + 1;
  const now = clock.now();
  const again = nextTryAt(attempts, now);
  return {
    kind: "quarantined",
    id,
    folderId: folder.id,
    reason,
    attempts,
    at: now.toISOString(),
    ...(requestId !== undefined && { requestId }),
    ...(again !== undefined && { nextTryAt: again.toISOString() }),
  };
}

/** Faults that concern one folder only; everything else ends the session. */
export function isFolderFault(error: unknown): error is MailkeepError {
  return isMailkeepError(error, "unavailable", "invalid", "too-large", "not-found");
}
