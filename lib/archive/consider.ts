// One change on its way from a page to a decision: one decision at a time for each message, whichever folders speak of it.
import type { ImmutableId } from "../core/ids.js";
import type { Change } from "../ports/mail-source.js";
import { decide, type FolderPlace } from "./decide.js";
import type { Session } from "./session.js";
import type { PageTicket, Settle } from "./tickets.js";

/** Resolves when the change is decided and, if there is work to do, handed to the workers. */
export async function consider(
  session: Session,
  change: Change,
  folder: FolderPlace,
  ticket: PageTicket,
): Promise<void> {
  const id = change.kind === "present" ? change.message.id : change.id;
  const accounted = ticket.expect();
  const settle = await takeTurn(session, id, accounted);
  const known = await session.writer.lookUp(id);
  const decision = decide(change, known, folder);
  switch (decision.kind) {
    case "fetch":
      if (wasTried(session, id)) break;
      return session.tasks.push({ kind: "fetch", wanted: { ...decision, folder }, settle });
    case "ask":
      return session.tasks.push({ kind: "ask", id, folder, settle });
    case "record":
      if (known === undefined) break;
      await session.writer.note(decision.events, { id, known });
      // What this very run stored was counted as stored.
      if (known.run !== session.run) ticket.countKnown();
      break;
    case "ignore":
      break;
  }
  settle(true);
}

/** An earlier invocation of this run tried it in vain and wrote that down; a page read again must not try it again. */
function wasTried({ owed, runStartedAt }: Session, id: ImmutableId): boolean {
  const before = owed.get(id);
  return before !== undefined && before.lastAt >= runStartedAt;
}

/** Waits until nobody else is deciding about the message. */
async function takeTurn(session: Session, id: ImmutableId, accounted: Settle): Promise<Settle> {
  for (let other = session.busy.get(id); other !== undefined; other = session.busy.get(id))
    await Promise.race([other, session.failure]);
  let free = () => {};
  session.busy.set(id, new Promise((resolve) => (free = resolve)));
  return (isAccounted) => {
    session.busy.delete(id);
    free();
    accounted(isAccounted);
  };
}

/** Messages in quarantine that are due: found where they are now and tried again. */
export async function retryOwed(session: Session, due: { id: ImmutableId; folderId: string }[]): Promise<void> {
  for (const { id, folderId } of due) {
    const settle = await takeTurn(session, id, () => {});
    await session.tasks.push({ kind: "ask", id, folder: { id: folderId, path: "" }, settle });
  }
}
