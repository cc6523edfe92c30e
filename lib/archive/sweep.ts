// The id sweep: all messages of a folder now, against all that the archive has of it. Delta alone does not prove that nothing
// is missing.
import { inParallel } from "../core/channel.js";
import { isMailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId } from "../core/ids.js";
import type { MessageFacts } from "../ports/mail-source.js";
import type { UnreadablePosition } from "../runs/run.js";
import { consider } from "./consider.js";
import { folderFault, UnreadableFolder } from "./folder-fault.js";
import { type FolderLists, gap, nameNeighbour, readList, unreadable } from "./list-folder.js";
import type { Session } from "./session.js";
import type { PageTicket } from "./tickets.js";
import type { TreeFolder } from "./tree.js";

/** Messages of one page looked up in the catalog beside each other. */
const changesAtOnce = 16;

/** So many messages are asked for one by one to find out which of them stand where the list has holes. */
const mostAsked = 200;

export async function sweep(lists: FolderLists, folder: TreeFolder, ticket: PageTicket): Promise<void> {
  const { session, archived } = lists;
  const missing = new Set<ImmutableId>();
  for await (const { id } of archived.inFolder(folder.id)) missing.add(id);
  const take = async (messages: MessageFacts[]) => {
    const others = messages.filter(({ id }) => !missing.delete(id));
    const look = (message: MessageFacts) =>
      consider(session, { kind: "listed", id: message.id, message }, folder, ticket);
    await inParallel(others, changesAtOnce, look);
  };
  try {
    for await (const messages of readAll(session, folder.id)) await take(messages);
  } catch (error) {
    if (!(error instanceof UnreadableFolder) || error.fault.code !== "unavailable") throw error;
    const holes = await readAround(session, folder.id, take);
    const explained = holes.length === 0 ? 0 : await standingThere(session, folder.id, missing);
    if (explained < holes.length) lists.onProblem(gap(folder, holes));
  }
  for (const id of missing) await consider(session, { kind: "removed", id }, folder, ticket);
}

/** Nothing when the folder is gone. Ids will do for a profile that takes everything; a filter needs to know more. */
async function* readAll({ reader, filter }: Session, folder: FolderId): AsyncIterable<MessageFacts[]> {
  try {
    if (filter.scope !== undefined) return yield* (await reader.filterFacts(folder)) ?? [];
    for await (const ids of (await reader.messageIds(folder)) ?? []) yield ids.map((id) => ({ id }));
  } catch (error) {
    throw folderFault(error);
  }
}

/** A message that Graph cannot render spoils its page: the others are read by smaller stretches. Returns what was not. */
async function readAround(
  session: Session,
  folder: FolderId,
  take: (messages: MessageFacts[]) => Promise<void>,
): Promise<UnreadablePosition[]> {
  const holes: UnreadablePosition[] = [];
  let last: MessageFacts | undefined;
  for await (const stretch of readList(session.reader, folder, 0)) {
    if (stretch.kind === "unreadable") {
      holes.push(unreadable(stretch, last));
      continue;
    }
    nameNeighbour(holes.at(-1), stretch.messages[0]);
    last = stretch.messages.at(-1);
    await take(stretch.messages);
  }
  return holes;
}

/**
 * How many of the messages that were not met are in the folder all the same, by their own word: what stands where nothing can
 * be read is archived then. Those are missing no longer.
 */
async function standingThere({ reader }: Session, folder: FolderId, missing: Set<ImmutableId>): Promise<number> {
  let there = 0;
  for (const id of [...missing].slice(0, mostAsked)) {
    try {
      if ((await reader.message(id))?.folderId !== folder) continue;
      missing.delete(id);
      there++;
    } catch (error) {
      // It is asked for again with the others that are missing, and owed if need be.
      if (!isMailkeepError(error, "unavailable", "invalid", "forbidden", "too-large")) throw error;
    }
  }
  return there;
}
