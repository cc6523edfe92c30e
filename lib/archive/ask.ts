// What became of a message: the mailbox is asked, and the message treated as what it is.
import type { Known } from "../catalog/known.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { MessageFacts } from "../ports/mail-source.js";
import { letGo, noteAbsence } from "./absence.js";
import { decidePlace, decidePresent, type FolderPlace } from "./decide.js";
import type { Wanted } from "./fetch.js";
import { inquire } from "./inquire.js";
import { noteFolder, owe } from "./owe.js";
import { wasTried } from "./owed.js";
import type { Health, Session } from "./session.js";
import { isExpected } from "./settle.js";
import { setAside, sift } from "./sift.js";
import { takeIn } from "./take-in.js";
import type { PageTicket } from "./tickets.js";
import type { TreeFolder } from "./tree.js";

export interface Asked {
  id: ImmutableId;
  folder: FolderPlace;
  /** The page that told of it as present. */
  told?: PageTicket;
}

/** False when it lies where part of the tree is unknown, and so is whether it is wanted: what is owed stays owed. */
export async function ask(session: Session, { id, folder, told }: Asked, health: Health): Promise<boolean> {
  const { reader, writer, tree } = session;
  const found = await inquire(reader, id);
  const known = await writer.lookUp(id);
  if (found.kind === "gone") return settled(noteAbsence(session, id, known, folder));
  // Where it is cannot be told: what was written down of it in this run stands.
  if (found.kind === "failed" && wasTried(session, id)) return true;
  if (found.kind === "failed") return settled(owe(session, { id, folder }, { ...found, health }));
  const { message } = found;
  // Should Graph not say where it is, it is where it was said to be last.
  const folderId = message.folderId ?? ((known?.folderId ?? folder.id) as FolderId);
  const place = tree.all.get(folderId);
  if (place !== undefined) return settled(treat(session, { message, known, place, told }, health));
  if (known !== undefined) await noteElsewhere(session, id, known, folderId);
  if (tree.unread.length > 0) return false;
  const hasLeft = known === undefined && isExpected(session, id) && (await session.otherFolder(folderId)) === undefined;
  if (hasLeft) await noteAbsence(session, id, known, { id: folderId });
  await letGo(session, id, { folderId, cause: "FOLDER_NOT_CHOSEN" });
  return true;
}

async function settled(work: Promise<void>): Promise<true> {
  await work;
  return true;
}

interface Found {
  message: MessageFacts;
  known: Known | undefined;
  place: TreeFolder;
  told: PageTicket | undefined;
}

/** It is in a folder of the tree. Outside the chosen ones its content is no concern of this profile. */
async function treat(session: Session, { message, known, place, told }: Found, health: Health): Promise<void> {
  const { id } = message;
  const isChosen = session.tree.wanted.includes(place);
  const decision = decidePresent(message, known, place);
  if (decision.kind === "fetch" && isChosen && wasTried(session, id)) return noteFolder(session, id, place.id);
  if (decision.kind === "fetch" && isChosen)
    return takeIfWanted(session, { ...decision, folder: place }, { known, told, health });
  if (known !== undefined) {
    const events = decision.kind === "record" ? decision.events : decidePlace(known, place);
    await session.writer.note(events, { id, known });
  }
  await letGo(session, id, { folderId: place.id, cause: isChosen ? "ALREADY_ARCHIVED" : "FOLDER_NOT_CHOSEN" });
}

async function takeIfWanted(
  session: Session,
  wanted: Wanted,
  { known, told, health }: Pick<Found, "known" | "told"> & { health: Health },
): Promise<void> {
  const sifted = await sift(session, wanted, { known, whole: true, told });
  if (sifted.kind !== "take") return;
  const { unlessSize, unjudged } = sifted;
  const taken = { ...wanted, ...(unlessSize && { unlessSize }), ...(unjudged && { unjudged }) };
  const cause = await takeIn(session, taken, health);
  if (cause !== undefined) await setAside(session, wanted, { known, told, verdict: { kind: "skip", cause } });
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
