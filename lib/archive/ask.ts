// What became of a message: the mailbox is asked, and the message treated as what it is.
import type { Known } from "../catalog/known.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { MessageFacts } from "../ports/mail-source.js";
import { letGo, noteAbsence } from "./absence.js";
import { decidePlace, decidePresent, type FolderPlace } from "./decide.js";
import { inquire } from "./inquire.js";
import { noteFolder, owe } from "./owe.js";
import { wasTried } from "./owed.js";
import type { Health, Session } from "./session.js";
import { takeIn } from "./take-in.js";
import type { TreeFolder } from "./tree.js";

export async function ask(
  session: Session,
  { id, folder }: { id: ImmutableId; folder: FolderPlace },
  health: Health,
): Promise<void> {
  const { reader, writer, tree } = session;
  const found = await inquire(reader, id);
  const known = await writer.lookUp(id);
  if (found.kind === "gone") return noteAbsence(session, id, known, folder);
  // Where it is cannot be told: what was written down of it in this run stands.
  if (found.kind === "failed" && wasTried(session, id)) return;
  if (found.kind === "failed") return owe(session, { id, folder }, { ...found, health });
  const { message } = found;
  // Should Graph not say where it is, it is where it was said to be last.
  const folderId = message.folderId ?? ((known?.folderId ?? folder.id) as FolderId);
  const place = tree.all.get(folderId);
  if (place !== undefined) return treat(session, { message, known, place }, health);
  if (known !== undefined) await noteElsewhere(session, id, known, folderId);
  // Where part of the tree is unknown, so is whether the message is wanted: what is owed stays owed.
  if (tree.unread.length > 0) return;
  await letGo(session, id, { folderId, cause: "FOLDER_NOT_CHOSEN" });
}

/** It is in a folder of the tree. Outside the chosen ones its content is no concern of this profile. */
async function treat(
  session: Session,
  { message, known, place }: { message: MessageFacts; known: Known | undefined; place: TreeFolder },
  health: Health,
): Promise<void> {
  const { id } = message;
  const isChosen = session.tree.wanted.includes(place);
  const decision = decidePresent(message, known, place);
  if (decision.kind === "fetch" && isChosen && wasTried(session, id)) return noteFolder(session, id, place.id);
  if (decision.kind === "fetch" && isChosen) return takeIn(session, { ...decision, folder: place }, health);
  if (known !== undefined) {
    const events = decision.kind === "record" ? decision.events : decidePlace(known, place);
    await session.writer.note(events, { id, known });
  }
  await letGo(session, id, { folderId: place.id, cause: isChosen ? "ALREADY_ARCHIVED" : "FOLDER_NOT_CHOSEN" });
}

/**
 * It is in a folder that the tree does not show. A hidden folder, or one made since, is a place like any other; outside
 * even those lies Recoverable Items, where deleted mail waits for its end: for the user it has left the mailbox.
 */
async function noteElsewhere(session: Session, id: ImmutableId, known: Known, folderId: FolderId): Promise<void> {
  if (folderId === known.folderId && known.removedAt === undefined) return;
  const other = await session.otherFolder(folderId);
  if (other !== undefined) return session.writer.note(decidePlace(known, other), { id, known });
  await noteAbsence(session, id, known, { id: folderId });
}
