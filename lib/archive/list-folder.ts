// A folder whose changes Graph cannot give, because one message spoils the page it is on or because its links die: all else
// of it is read by its plain list. The cursor stays where it was, so the next run tries the changes again.
import { inParallel } from "../core/channel.js";
import { type FolderId, type ImmutableId, shortHash } from "../core/ids.js";
import type { ListedStretch, MailboxReader, MessageFacts } from "../ports/mail-source.js";
import type { Listing, Problem, UnreadablePosition } from "../runs/run.js";
import type { Archived } from "./archived.js";
import { consider } from "./consider.js";
import { folderFault } from "./folder-fault.js";
import type { Session } from "./session.js";
import { folderTickets, type PageTicket } from "./tickets.js";
import type { TreeFolder } from "./tree.js";

export interface FolderLists {
  session: Session;
  archived: Archived;
  /** Kept from one invocation of the run to the next. */
  listings: Map<string, Listing>;
  onProblem(problem: Problem): void;
}

/** Short hashes of the ids of messages. */
export type Hashes = Pick<ReadonlySet<string>, "has">;

/** Changes of one stretch looked up in the catalog beside each other. */
const changesAtOnce = 16;

/** An invocation begins again so far before the place where the last one stopped: mail may have left meanwhile. */
const overlap = 100;

/**
 * Reads the folder to its end, or until time is up; false says so then. `counted`: messages that the changes have told of
 * before, and which are counted.
 * @throws UnreadableFolder when no part of it can be had
 */
export async function listFolder(
  lists: FolderLists,
  folder: TreeFolder,
  counted: Hashes = new Set(),
): Promise<boolean> {
  const { session } = lists;
  const countedTo = lists.listings.get(folder.id)?.next ?? 0;
  const listing = beginAgain(lists.listings.get(folder.id), folder.id);
  lists.listings.set(folder.id, listing);
  const isWhole = listing.next === 0;
  let end = listing.next;
  const tickets = folderTickets(({ link }, known, aside) => {
    session.writer.count(known, aside);
    listing.next = Number(link);
  });
  const open = (next: number) =>
    tickets.open({ profile: session.profile, folderId: folder.id, link: String(next), kind: "next" });
  const there = new Set<string>();
  let last: MessageFacts | undefined;
  for await (const stretch of readList(session.reader, folder.id, listing.next)) {
    if (session.timeIsUp()) return false;
    if (stretch.kind === "unreadable") {
      listing.unreadable.push(unreadable(stretch, last));
      continue;
    }
    nameNeighbour(listing.unreadable.at(-1), stretch.messages[0]);
    last = stretch.messages.at(-1);
    end = stretch.next;
    const isCounted = (id: ImmutableId) => end <= countedTo || counted.has(shortHash(id));
    await takeStretch(session, { messages: stretch.messages, folder, isCounted }, open(end));
    if (isWhole) for (const { id } of stretch.messages) there.add(shortHash(id));
  }
  if (session.timeIsUp()) return false;
  // What was not met may be what stands where nothing can be read: only a list without holes raises the question.
  const hasHoles = listing.unreadable.length > 0;
  if (isWhole && !hasHoles) await askForMissing(lists, folder.id, there, open(end));
  if (hasHoles) lists.onProblem(gap(folder, listing.unreadable));
  return true;
}

function beginAgain(before: Listing | undefined, folderId: string): Listing {
  const next = Math.max(0, (before?.next ?? 0) - overlap);
  return {
    ...before,
    folderId,
    next,
    unreadable: (before?.unreadable ?? []).filter(({ position }) => position < next),
  };
}

export async function* readList(reader: MailboxReader, folder: FolderId, from: number): AsyncIterable<ListedStretch> {
  try {
    yield* reader.listed(folder, from);
  } catch (error) {
    throw folderFault(error);
  }
}

interface Stretch {
  messages: MessageFacts[];
  folder: TreeFolder;
  isCounted(id: ImmutableId): boolean;
}

async function takeStretch(session: Session, { messages, folder, isCounted }: Stretch, ticket: PageTicket) {
  const uncounted: PageTicket = { ...ticket, countKnown: () => {}, setAside: () => {} };
  await inParallel(messages, changesAtOnce, (message) =>
    consider(session, { kind: "present", id: message.id, message }, folder, isCounted(message.id) ? uncounted : ticket),
  );
  ticket.close();
}

/** Messages that the archive believes in the folder and Graph did not report there: the mailbox is asked for each. */
export async function askForMissing(
  { session, archived }: Pick<FolderLists, "session" | "archived">,
  folderId: FolderId,
  there: Hashes,
  ticket: PageTicket,
): Promise<void> {
  const missing = (id: ImmutableId) => consider(session, { kind: "removed", id }, { id: folderId, path: "" }, ticket);
  for await (const { id } of archived.inFolder(folderId)) if (!there.has(shortHash(id))) await missing(id);
}

export function unreadable(
  { position, reason, requestId }: Extract<ListedStretch, { kind: "unreadable" }>,
  last: MessageFacts | undefined,
): UnreadablePosition {
  return {
    position,
    reason,
    ...(requestId !== undefined && { requestId }),
    ...(last?.receivedAt !== undefined && { after: last.receivedAt }),
  };
}

export function nameNeighbour(hole: UnreadablePosition | undefined, next: MessageFacts | undefined): void {
  if (hole !== undefined && hole.before === undefined && next?.receivedAt !== undefined) hole.before = next.receivedAt;
}

/** So many positions are named; all are counted. */
const namedPositions = 3;

/** Pure: the positions nobody can read, as a person should hear of them. */
export function gap(folder: { path: string }, holes: UnreadablePosition[]): Problem {
  const named = holes.slice(0, namedPositions).map(({ position, after, before, reason }) => {
    const between = [after && `received after ${after}`, before && `before ${before}`].filter(Boolean).join(" and ");
    return `position ${position + 1}${between === "" ? "" : ` (${between})`}: ${reason}`;
  });
  const more = holes.length > named.length ? `, and ${holes.length - named.length} more` : "";
  const what = holes.length === 1 ? "1 message" : `${holes.length} messages`;
  const message = `Graph cannot even name ${what} of the folder, counted from the oldest: ${named.join("; ")}${more}. Everything else of it was read; the next run tries again`;
  const requestId = holes[0]?.requestId;
  return {
    code: "POSITION_UNREADABLE",
    message,
    folderPath: folder.path,
    ...(requestId !== undefined && { requestId }),
  };
}
