// What is written down of a message that is not, or no longer, where the run reads.
import type { Known } from "../catalog/known.js";
import type { ImmutableId } from "../core/ids.js";
import type { Session } from "./session.js";

/** Graph does not know the message any more. */
export async function noteAbsence(
  { writer, owed, clock }: Session,
  id: ImmutableId,
  known: Known | undefined,
  folder: { id: string },
): Promise<void> {
  if (known !== undefined && known.removedAt === undefined) {
    const { key, receivedAt, folderId } = known;
    const at = clock.now().toISOString();
    await writer.note([{ kind: "removed", key, receivedAt, from: folderId, at }], { id, known });
  }
  if (owed.delete(id)) await writer.note([{ kind: "gone", id, folderId: folder.id }]);
}

/** Nothing is left to be fetched of the message: if it was owed a try, it is not any more. */
export async function letGo({ writer, owed }: Session, id: ImmutableId, why: LetGo): Promise<void> {
  if (owed.delete(id)) await writer.note([{ kind: "skipped", id, ...why }]);
}

interface LetGo {
  folderId: string;
  /** It lies where the profile does not look; or its content is the one that is archived. */
  cause: "FOLDER_NOT_CHOSEN" | "ALREADY_ARCHIVED";
}
