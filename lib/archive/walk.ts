// Reads the folders of a mailbox round by round and hands every change on: the producers of a session.
import type { Cursor } from "../catalog/cursors.js";
import { inParallel } from "../core/channel.js";
import type { FolderId } from "../core/ids.js";
import { ownTurn } from "../core/own-turn.js";
import { day } from "../core/time.js";
import type { ChangePage } from "../ports/mail-source.js";
import type { Problem } from "../runs/run.js";
import { consider } from "./consider.js";
import { folderFault, UnreadableFolder } from "./folder-fault.js";
import { askForMissing, type FolderLists, type Hashes, listFolder } from "./list-folder.js";
import type { ReadAhead } from "./read-ahead.js";
import { countedIn, countedOnce, heardIn, isFirst, openRound, type Round } from "./round.js";
import type { Session } from "./session.js";
import { sweep } from "./sweep.js";
import { folderTickets } from "./tickets.js";
import type { TreeFolder } from "./tree.js";

/** Folders read beside each other: a quiet mailbox is one request for each folder, and four may be in flight. */
const foldersAtOnce = 4;

/** So many are remembered: more folders than that are not shut one by one. */
const mostShut = 10;

/** Changes of one page looked up in the catalog beside each other. */
const changesAtOnce = 16;

/** After so many changes of a page the others have a turn: mailboxes that were begun together get their pages together. */
const changesInOneTurn = 32;

/** A folder whose links die is begun anew so often, one time after the other; then its plain list is read. */
const mostBeginnings = 2;

/** All ids of a folder are compared with the catalog at least this often, whatever its delta rounds say. */
const compareEveryMs = 7 * day;

export interface Walk extends FolderLists {
  ahead: ReadAhead;
  cursors: ReadonlyMap<FolderId, Cursor>;
  /** Folders that were found shut, with the gap they leave; kept from one invocation of the run to the next. */
  shut: Map<string, Problem>;
  onFolderDone(): void;
}

/** Reads every wanted folder to its end, or until time is up. Returns false when time was up. */
export async function walkFolders(walk: Walk): Promise<boolean> {
  let complete = true;
  await inParallel(walk.session.tree.wanted, foldersAtOnce, async (folder) => {
    const found = walk.shut.get(folder.id);
    if (found !== undefined) return walk.onProblem(found);
    try {
      if (await walkFolder(walk, folder)) walk.onFolderDone();
      else complete = false;
    } catch (error) {
      if (!(error instanceof UnreadableFolder)) throw error;
      const { code, reason, requestId } = error.fault;
      const message = `the folder could not be read to its end: ${error.fault.message}`;
      const detail = { folderPath: folder.path, ...(requestId !== undefined && { requestId }) };
      const problem = { code: reason ?? code, message: message.slice(0, 300), ...detail };
      if (walk.shut.size < mostShut) walk.shut.set(folder.id, problem);
      walk.onProblem(problem);
    }
  });
  return complete;
}

async function readPage(
  { session: { reader }, ahead }: Walk,
  folder: FolderId,
  link: string | undefined,
): Promise<ChangePage> {
  try {
    return await (ahead.take(folder) ?? reader.changes(folder, link));
  } catch (error) {
    throw folderFault(error);
  }
}

async function walkFolder(walk: Walk, folder: TreeFolder): Promise<boolean> {
  const { session, archived } = walk;
  if (walk.listings.get(folder.id)?.linksDie) return listFolder(walk, folder);
  const cursor = walk.cursors.get(folder.id);
  let link = cursor?.link;
  let round = openRound(walk, { resync: cursor?.kind === "resync" || (link === undefined && archived.any), link });
  // What came after a round began is told by the round after it, not by its own last pages. (A resync ends in a sweep.)
  let isOld = cursor?.kind === "next";
  for (let beginnings = 0; !session.timeIsUp(); ) {
    const page = await readPage(walk, folder.id, link);
    if (page.kind === "page") {
      await takePage(walk, folder, page, round);
      if (page.next.roundDone && !isOld) return true;
      isOld &&= !page.next.roundDone;
      link = page.next.link;
      continue;
    }
    if (page.kind === "unrendered") return listFolder(walk, folder, heardIn(round));
    if (page.kind === "folder-gone" && !(await isThere(session, folder))) return leaveFolder(walk, folder.id);
    round.tickets.abandon();
    if (beginnings++ === mostBeginnings) return listInstead(walk, folder, countedIn(round));
    isOld = false;
    link = undefined;
    round = openRound(walk, { resync: true, link }, round);
  }
  return false;
}

/** Graph refuses each link of the folder soon after it has given one; this run tries no more of them. */
function listInstead(walk: Walk, folder: TreeFolder, counted: Hashes): Promise<boolean> {
  const before = walk.listings.get(folder.id) ?? { folderId: folder.id, next: 0, unreadable: [] };
  walk.listings.set(folder.id, { ...before, linksDie: true });
  return listFolder(walk, folder, counted);
}

/** A page can vanish while its folder stays. Graph takes a folder's id wherever it takes a well-known name. */
async function isThere(session: Session, folder: TreeFolder): Promise<boolean> {
  return (await session.reader.wellKnownFolder(folder.id)).id !== undefined;
}

type Page = Extract<ChangePage, { kind: "page" }>;

async function takePage(walk: Walk, folder: TreeFolder, page: Page, round: Round): Promise<void> {
  const { session } = walk;
  const last = page.next.roundDone;
  if (page.changes.length > 0) round.quiet = false;
  const comparison = last ? comparisonDue(walk, folder, round) : "none";
  const ticket = round.tickets.open(markFor(walk, folder, page, { round, compared: comparison !== "none" }));
  round.pages.begun++;
  const { first, again } = countedOnce(ticket, round);
  const told = page.changes.map((change) => ({ change, counted: isFirst(change, round) ? first : again }));
  for (let from = 0; from < told.length; from += changesInOneTurn) {
    if (from > 0) await ownTurn();
    const some = told.slice(from, from + changesInOneTurn);
    await inParallel(some, changesAtOnce, ({ change, counted }) => consider(session, change, folder, counted));
  }
  if (comparison === "reported" && round.reported) await askForMissing(walk, folder.id, round.reported, ticket);
  if (comparison === "sweep") await sweep(walk, folder, ticket);
  ticket.close();
}

function markFor(walk: Walk, folder: TreeFolder, page: Page, { round, compared }: { round: Round; compared: boolean }) {
  const last = page.next.roundDone;
  const before = walk.cursors.get(folder.id);
  // The first reading of a folder, however many invocations it took, has seen every id.
  const complete = compared || (last && before?.comparedAt === undefined);
  const comparedAt = complete ? walk.session.clock.now().toISOString() : before?.comparedAt;
  return {
    profile: walk.session.profile,
    ...(walk.session.filter.scope !== undefined && { scope: walk.session.filter.scope }),
    folderId: folder.id,
    link: page.next.link,
    kind: last ? ("delta" as const) : round.resync ? ("resync" as const) : ("next" as const),
    ...(last && { itemCount: folder.totalItemCount }),
    ...(comparedAt !== undefined && { comparedAt }),
  };
}

/**
 * Delta alone loses messages: a resync never reports removals, and a message moved away and back between two rounds may
 * not be reported at all. So the catalog is compared with what is there: after a resync, when a folder's item count
 * changed in a round without changes, and from time to time.
 */
function comparisonDue(walk: Walk, folder: TreeFolder, round: Round): "none" | "reported" | "sweep" {
  if (round.reported) return "reported";
  if (round.resync) return "sweep";
  const cursor = walk.cursors.get(folder.id);
  if (cursor === undefined || cursor.kind !== "delta") return "none";
  const countMoved = cursor.itemCount !== undefined && cursor.itemCount !== folder.totalItemCount;
  if (round.quiet && countMoved) return "sweep";
  const since = cursor.comparedAt === undefined ? 0 : Date.parse(cursor.comparedAt);
  return walk.session.clock.now().getTime() - since >= compareEveryMs ? "sweep" : "none";
}

/** The folder is no more: each of its messages is asked for, in case it was moved out first. */
async function leaveFolder(walk: Walk, folderId: FolderId): Promise<boolean> {
  const { session } = walk;
  const ticket = folderTickets(() => {}).open({ profile: session.profile, folderId, link: "", kind: "next" });
  await askForMissing(walk, folderId, new Set(), ticket);
  return Promise.race([ticket.settled(), session.failure]);
}

/** Folders known to the archive that the mailbox has no more. */
export async function leaveVanishedFolders(
  walk: Walk,
  vanished: { folderId: string; path: string }[],
): Promise<boolean> {
  for (const { folderId, path } of vanished) {
    if (!(await leaveFolder(walk, folderId as FolderId))) return false;
    await walk.session.writer.note([{ kind: "folder", folderId, path, gone: true }]);
  }
  return true;
}
