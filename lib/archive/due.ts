// Messages that were too young for the profile's filter and are old enough now: found where they are, and taken.
import { dueMessages, type Waiting, waitingHashes } from "../catalog/waiting.js";
import { type ImmutableId, type MailboxId, shortHash } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { Judge } from "../profiles/verdict.js";
import { ask } from "./ask.js";
import { takeTurn } from "./consider.js";
import type { Health, Session } from "./session.js";
import { endOfWait } from "./settle.js";

/** What the profile waits for, as the tables have it, and this stretch of work. */
export interface WaitingList {
  /** What is due, the longest due first. */
  due(): AsyncIterable<Waiting>;
  /** Whether the message waits. The tables are read when this is first asked, by the weekly comparison. */
  has(id: ImmutableId): Promise<boolean>;
  /** It waits from now on; the tables will know with the next commit. */
  add(id: ImmutableId): void;
}

export function waitingList(
  rows: RowStore,
  mailbox: MailboxId,
  { profile, filter, now }: { profile: string; filter: Judge; now: Date },
): WaitingList {
  const waiter = { profile, scope: filter.scope ?? "" };
  let before: Promise<Set<string>> | undefined;
  const since = new Set<string>();
  return {
    async *due() {
      if (filter.mayWait) yield* dueMessages(rows, mailbox, { waiter, now });
    },
    async has(id) {
      const hash = shortHash(id);
      if (since.has(hash)) return true;
      before ??= waitingHashes(rows, mailbox, waiter);
      return (await before).has(hash);
    },
    add: (id) => void since.add(shortHash(id)),
  };
}

/** Hands what is due to the workers. What is left when time is up stays due. */
export async function retrieveDue(session: Session): Promise<void> {
  for await (const waiting of session.waiting.due()) {
    if (session.timeIsUp()) return;
    const settle = await takeTurn(session, waiting.id, () => {});
    await session.tasks.push({ kind: "due", waiting, settle });
  }
}

/**
 * The end of the wait is noted after what came of it: should the worker die in between, the message is still due, and found
 * archived.
 */
export async function takeDue(session: Session, waiting: Waiting, health: Health): Promise<void> {
  const { id, folderId, version } = waiting;
  const known = await session.writer.lookUp(id);
  session.due.set(id, waiting);
  const isArchived = known !== undefined && known.version >= version;
  const isSettled = isArchived || (await ask(session, { id, folder: { id: folderId, path: "" } }, health));
  if (isSettled) await session.writer.note(endOfWait(session, id));
  else session.due.delete(id);
}
