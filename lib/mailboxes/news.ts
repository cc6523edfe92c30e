// What the directory has to say: everything, or what has changed since the last time.
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { day } from "../core/time.js";
import type { Directory, DirectoryUser, UserChange } from "../ports/directory.js";
import type { Log } from "../ports/log.js";
import type { SyncState } from "./bookmark.js";

export interface News {
  /** Whoever is not among `present` is no longer in the directory. */
  full: boolean;
  present: DirectoryUser[];
  removed: Set<MailboxId>;
  bookmark: string | undefined;
}

export interface NewsDeps {
  directory: Directory;
  log: Log;
}

/** Bookmarks live seven days; and so often everything is read, whatever the changes said. */
const fullReadAfterMs = 7 * day;
/** More people of whom only parts were told are quicker read with all the others. */
const mostAskedOneByOne = 500;
const askAtOnce = 8;

export interface Before {
  state: SyncState | undefined;
  /** Who was there by the snapshot. */
  there: ReadonlySet<MailboxId>;
}

export async function readNews({ state, there }: Before, now: Date, deps: NewsDeps): Promise<News> {
  const isFresh = state !== undefined && now.getTime() - Date.parse(state.fullAt) < fullReadAfterMs;
  const changes = isFresh && state.bookmark !== undefined ? await changesSince(state.bookmark, deps) : undefined;
  if (changes === undefined) return everything(await newBookmark(deps), there, deps);
  const sorted = sort(changes.changes);
  if (sorted.unsure.length > mostAskedOneByOne) return everything(changes.bookmark, there, deps);
  await inParallel(sorted.unsure, askAtOnce, async (id) => {
    const user = await deps.directory.find(id);
    if (user === undefined) sorted.removed.add(id);
    else sorted.present.push(user);
  });
  const news = { full: false, present: sorted.present, removed: sorted.removed, bookmark: changes.bookmark };
  return (await areAllTold(news, there, deps)) ? news : everything(changes.bookmark, there, deps);
}

/** Changes may keep somebody back. The directory's own count says so; one that does not count is believed. */
async function areAllTold({ present, removed }: News, there: ReadonlySet<MailboxId>, deps: NewsDeps): Promise<boolean> {
  const { directory, log } = deps;
  const ids = new Set([...[...there].filter((id) => !removed.has(id)), ...present.map(({ id }) => id)]);
  try {
    const count = (await directory.countUsers()) ?? 0;
    if (count <= ids.size) return true;
    log.warn("directory changes lack somebody", { counted: count, known: ids.size });
    return false;
  } catch (error) {
    if (!mayFallBack(error)) throw error;
    log.warn("directory not counted", { code: error.code, reason: error.reason });
    return true;
  }
}

/** Undefined when only a full read can tell: it always can. */
async function changesSince(bookmark: string, { directory, log }: NewsDeps) {
  try {
    const changes = await directory.changesSince(bookmark);
    if (changes.kind === "changes") return changes;
    log.info("directory.resync");
  } catch (error) {
    if (!mayFallBack(error)) throw error;
    log.warn("directory changes not told", { code: error.code, reason: error.reason });
  }
  return undefined;
}

/** A full read would meet the same throttling and the same refused identity. */
const mayFallBack = (error: unknown): error is MailkeepError =>
  isMailkeepError(error) && error.code !== "throttled" && error.code !== "unauthenticated";

/** Undefined when there is none: then the next sync reads everything again. */
async function newBookmark({ directory, log }: NewsDeps): Promise<string | undefined> {
  try {
    return await directory.bookmark();
  } catch (error) {
    if (!mayFallBack(error)) throw error;
    log.warn("directory gave no bookmark", { code: error.code, reason: error.reason });
    return undefined;
  }
}

async function everything(
  bookmark: string | undefined,
  there: ReadonlySet<MailboxId>,
  { directory }: NewsDeps,
): Promise<News> {
  const present: DirectoryUser[] = [];
  for await (const users of directory.users()) present.push(...users);
  const listed = new Set(present.map(({ id }) => id));
  const missing = [...there].filter((id) => !listed.has(id));
  // Lists lag behind as well: whoever they leave out is asked for before it is said that he left.
  if (present.length > 0 && missing.length <= mostAskedOneByOne)
    await inParallel(missing, askAtOnce, async (id) => {
      const user = await directory.find(id);
      if (user !== undefined) present.push(user);
    });
  return { full: true, present, removed: new Set(), bookmark };
}

/** Pure: of whom the whole was told, who is gone, and who must be asked for: told in part, or both there and gone. */
function sort(changes: UserChange[]) {
  const present = new Map<MailboxId, DirectoryUser>();
  const removed = new Set<MailboxId>();
  const unsure = new Set<MailboxId>();
  for (const change of changes) {
    if (change.kind === "removed") removed.add(change.id);
    else if (change.user === undefined) unsure.add(change.id);
    else present.set(change.id, change.user);
  }
  for (const id of removed) if (present.has(id)) unsure.add(id);
  for (const id of unsure) {
    present.delete(id);
    removed.delete(id);
  }
  return { present: [...present.values()], removed, unsure: [...unsure] };
}

/** A directory that had users and now has none was not read. @throws MailkeepError `unavailable` */
export function assertSomebody(news: News, known: number): void {
  if (!news.full || news.present.length > 0 || known === 0) return;
  throw new MailkeepError("unavailable", "the directory answered that it has no users at all", {
    reason: "DIRECTORY_EMPTY",
  });
}
