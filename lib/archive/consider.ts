// One change on its way from a page to a decision: one decision at a time for each message, whichever folders speak of it.
import type { FolderId, ImmutableId } from "../core/ids.js";
import { decide, type FolderPlace, type Sign } from "./decide.js";
import { noteFolder } from "./owe.js";
import { wasTried } from "./owed.js";
import type { Session } from "./session.js";
import { isRightlyLeftOut, sift } from "./sift.js";
import type { PageTicket, Settle } from "./tickets.js";

/** Resolves when the change is decided and, if there is work to do, handed to the workers. */
export async function consider(session: Session, sign: Sign, folder: FolderPlace, ticket: PageTicket): Promise<void> {
  const { id } = sign;
  const accounted = ticket.expect();
  const settle = await takeTurn(session, id, accounted);
  try {
    if (await isDecided(session, sign, { folder, ticket, settle })) settle(true);
  } catch (error) {
    // Others may wait for their turn with this message.
    settle(false);
    throw error;
  }
}

interface Turn {
  folder: FolderPlace;
  ticket: PageTicket;
  settle: Settle;
}

/** False when a worker is to settle it. */
async function isDecided(session: Session, sign: Sign, { folder, ticket, settle }: Turn): Promise<boolean> {
  const { id } = sign;
  const known = await session.writer.lookUp(id);
  const tells = (folderId: string) => session.tree.reads(folderId as FolderId);
  const decision = decide(sign, known, { folder, tells });
  switch (decision.kind) {
    case "fetch": {
      if (wasTried(session, id)) {
        await noteFolder(session, id, folder.id as FolderId);
        return true;
      }
      const wanted = { ...decision, folder };
      const sifted = await sift(session, wanted, { known, whole: false, told: ticket });
      if (sifted.kind === "aside") return true;
      const fetch = { kind: "fetch", wanted, settle } as const;
      await session.tasks.push(sifted.kind === "take" ? fetch : { kind: "ask", id, folder, told: ticket, settle });
      return false;
    }
    case "ask":
      if (sign.kind === "listed" && known === undefined && (await isRightlyLeftOut(session, sign.message))) return true;
      await session.tasks.push({ kind: "ask", id, folder, settle });
      return false;
    case "record":
      if (known === undefined) return true;
      await session.writer.note(decision.events, { id, known });
      // What this very run stored was counted as stored.
      if (known.run !== session.run) ticket.countKnown();
      return true;
    case "ignore":
      return true;
  }
}

/** Waits until nobody else is deciding about the message. */
export async function takeTurn(session: Session, id: ImmutableId, accounted: Settle): Promise<Settle> {
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
