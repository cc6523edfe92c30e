// The folders of a mailbox as a tree with paths, and which of them a run reads.
import type { KnownFolder } from "../catalog/messages.js";
import { isMailkeepError } from "../core/errors.js";
import { folderPath } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Folder, MailboxReader, Unread } from "../ports/mail-source.js";
import { type PlacedFolder, wantsFolder, wantsRecoverable, wantsRecoverableFolder } from "../profiles/folder-choice.js";
import type { Folders } from "../profiles/folders.js";
import {
  type Doubt,
  guessed,
  isAbsent,
  isDoubtful,
  lookUp,
  recoverableRoot,
  recoverableTop,
  unreadBy,
} from "./well-known.js";

export interface TreeFolder extends PlacedFolder {
  path: string;
  totalItemCount: number;
  hidden: boolean;
  belowUnread?: Unread;
}

export interface Tree {
  /** Every folder met, wanted or not. */
  all: ReadonlyMap<FolderId, TreeFolder>;
  /** Those the profile wants, in reading order. */
  wanted: TreeFolder[];
  /** Whether the run reads the folder. */
  reads(folder: FolderId): boolean;
  /** Folders below which not everything is known, because they could not be listed; `/` for the top level. */
  unread: ({ path: string } & Unread)[];
  /** The top level could not be listed: only some of its folders are known. */
  topIsUnread: boolean;
  /** Well-known names in the profile's choice of which the mailbox would not say what folder they mean. */
  doubtful: Doubt[];
  /** Include patterns of the profile that chose no folder. */
  unmatched: string[];
  /** Those that mean folders which not every mailbox has, and which this one says it does not have. */
  absent: string[];
  /** The profile asks for nothing else. */
  lacksAll: boolean;
  /** Whether hidden folders were looked for: without, a missing hidden folder says nothing. */
  hiddenIncluded: boolean;
}

/**
 * Recoverable Items has no place in the tree. Graph lists what is in it; should it not, these go by well-known names,
 * whatever the mailbox's language.
 */
const recoverableItems: [name: string, wellKnown: string][] = [
  ["Deletions", "recoverableitemsdeletions"],
  ["Purges", "recoverableitemspurges"],
  ["Versions", "recoverableitemsversions"],
  ["DiscoveryHolds", "recoverableitemsdiscoveryholds"],
];

export interface TreeWishes {
  /** Hears of wanted folders of the highest level while the levels below it are still being listed. */
  onWanted?(folder: FolderId): void;
  /** Ids of folders that are known from earlier, should the mailbox not list its own. */
  known?(): Promise<string[]>;
}

export async function readTree(
  reader: MailboxReader,
  choice: Folders,
  { onWanted, known }: TreeWishes = {},
): Promise<Tree> {
  const looked = lookUp(choice, reader);
  const tell = (top: Folder[], found: Awaited<typeof looked>) => {
    const placed = placeFolders(top);
    const { wellKnown } = guessed(found, placed);
    for (const folder of placed) if (wantsFolder(choice, folder, wellKnown)) onWanted?.(folder.id);
  };
  // A look-up that fails is heard below.
  const onTop = (top: Folder[]) =>
    void looked.then(
      (found) => tell(top, found),
      () => {},
    );
  const asked = { hidden: choice.hidden, onTop, ...(known && { known }) };
  const [{ folders, topUnread }, names] = await Promise.all([reader.folders(asked), looked]);
  const placed = placeFolders(folders);
  const { wellKnown, doubtful } = guessed(names, placed);
  const hoard = wantsRecoverable(choice) ? await recoverableFolders(reader) : { folders: [], isAbsent: true };
  const recoverable = hoard.folders;
  const wanted = [
    ...placed.filter((folder) => wantsFolder(choice, folder, wellKnown)),
    ...recoverable.filter((folder) => wantsRecoverableFolder(choice, folder, wellKnown)),
  ];
  const all = [...placed, ...recoverable];
  const notExcluded = { ...choice, include: ["/"] };
  const below = all.flatMap((folder) =>
    folder.belowUnread !== undefined && wantsFolder(notExcluded, folder, wellKnown)
      ? [{ path: folder.path, ...folder.belowUnread }]
      : [],
  );
  const unread = [
    ...(topUnread ? [{ path: "/", ...topUnread }] : []),
    ...(hoard.unread ? [{ path: `/${recoverableTop}`, ...hoard.unread }] : []),
    ...below,
  ];
  const chooses = (include: string) =>
    all.some((folder) => wantsFolder({ ...choice, include: [include], exclude: [] }, folder, wellKnown));
  const missed = choice.include.filter((pattern) => !chooses(pattern) && !isDoubtful(pattern, doubtful));
  if (choice.recoverableItems && recoverable.length === 0 && hoard.unread === undefined) missed.push(recoverableTop);
  const absent = missed.filter((pattern) => isAbsent(pattern, names, hoard.isAbsent));
  return {
    ...treeOf({ all, wanted }, choice.hidden),
    unread,
    unmatched: missed.filter((pattern) => !absent.includes(pattern)),
    absent,
    lacksAll: absent.length === choice.include.length + Number(choice.recoverableItems),
    doubtful,
    topIsUnread: topUnread !== undefined,
  };
}

export function treeOf(folders: { all: TreeFolder[]; wanted: TreeFolder[] }, hiddenIncluded: boolean): Tree {
  const read = new Set(folders.wanted.map(({ id }) => id));
  return {
    all: new Map(folders.all.map((folder) => [folder.id, folder])),
    wanted: folders.wanted,
    reads: (folder) => read.has(folder),
    unread: [],
    unmatched: [],
    absent: [],
    lacksAll: false,
    doubtful: [],
    topIsUnread: false,
    hiddenIncluded,
  };
}

/** Pure: names, lineage and path of each folder from the parents' ids; parents before children. */
export function placeFolders(folders: Folder[]): TreeFolder[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const way = (folder: Folder, below: Set<FolderId>): Folder[] => {
    const parent = byId.get(folder.parentId);
    if (parent === undefined || below.has(parent.id)) return [folder];
    return [...way(parent, below.add(parent.id)), folder];
  };
  return folders
    .map((folder) => {
      const lineage = way(folder, new Set([folder.id]));
      const names = lineage.map(({ displayName }) => displayName);
      return {
        id: folder.id,
        names,
        lineage: lineage.map(({ id }) => id),
        path: folderPath(names),
        totalItemCount: folder.totalItemCount,
        hidden: folder.hidden,
        ...(folder.belowUnread !== undefined && { belowUnread: folder.belowUnread }),
      };
    })
    .sort((a, b) => a.names.length - b.names.length);
}

/** What a mailbox has of Recoverable Items; `isAbsent`: nothing, by its own word. */
interface Hoard {
  folders: TreeFolder[];
  isAbsent: boolean;
  unread?: Unread;
}

/** What keeps Recoverable Items shut keeps nothing else shut. */
async function recoverableFolders(reader: MailboxReader): Promise<Hoard> {
  try {
    return await readRecoverable(reader);
  } catch (error) {
    if (!isMailkeepError(error, "unavailable", "forbidden", "invalid", "too-large")) throw error;
    return { folders: [], isAbsent: false, unread: unreadBy(error) };
  }
}

async function readRecoverable(reader: MailboxReader): Promise<Hoard> {
  const root = await reader.wellKnownFolder(recoverableRoot);
  const below = root.id === undefined ? [] : placeFolders(await reader.foldersBelow(root.id));
  const found = below.length > 0 ? { folders: below, isAbsent: false } : await namedRecoverableFolders(reader);
  const folders = found.folders.map((folder) => {
    const names = [recoverableTop, ...folder.names];
    const lineage = [root.id ?? ("" as FolderId), ...folder.lineage];
    return { ...folder, names, lineage, path: folderPath(names), hidden: true };
  });
  return { folders, isAbsent: root.isAbsent && found.isAbsent };
}

async function namedRecoverableFolders(reader: MailboxReader): Promise<Hoard> {
  const branches = recoverableItems.map(async ([name, wellKnown]): Promise<Hoard> => {
    const { id, isAbsent } = await reader.wellKnownFolder(wellKnown);
    if (id === undefined) return { folders: [], isAbsent };
    const top = { id, parentId: "" as FolderId, displayName: name, totalItemCount: 0, hidden: true };
    // A folder deleted with all its mail lies in here as a folder.
    return { folders: placeFolders([top, ...(await reader.foldersBelow(id))]), isAbsent: false };
  });
  const all = await Promise.all(branches);
  return { folders: all.flatMap(({ folders }) => folders), isAbsent: all.every(({ isAbsent }) => isAbsent) };
}

/** Pure: what is new about the folders since the ledger last spoke of them. Vanished ones come later, when emptied. */
export function folderEvents(tree: Tree, known: ReadonlyMap<string, KnownFolder>): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const { id, path, hidden } of tree.all.values()) {
    const before = known.get(id);
    if (before?.path === path && before.hidden === hidden && !before.gone) continue;
    events.push({ kind: "folder", folderId: id, path, ...(hidden && { hidden }) });
  }
  return events;
}

/** Pure: folders the archive knows that are no longer in the mailbox. */
export function vanishedFolders(tree: Tree, known: ReadonlyMap<string, KnownFolder>): KnownFolder[] {
  // Where something could not be listed nothing is missing: it is unknown.
  if (isPartial(tree)) return [];
  return [...known.values()].filter((folder) => !folder.gone && isMissing(folder, tree));
}

const isPartial = (tree: Tree): boolean =>
  tree.topIsUnread || [...tree.all.values()].some(({ belowUnread }) => belowUnread !== undefined);

export function isMissing({ folderId, path, hidden }: KnownFolder, tree: Tree): boolean {
  const isLookedFor = !hidden || (tree.hiddenIncluded && !path.startsWith(`/${recoverableTop}/`));
  return !tree.topIsUnread && isLookedFor && !tree.all.has(folderId as FolderId);
}

/** Pure: whether a message last seen in the folder concerns this run: it reads the folder, or the folder is no more. */
export function concerns(tree: Tree, known: ReadonlyMap<string, KnownFolder>, folder: FolderId): boolean {
  if (tree.all.has(folder)) return tree.reads(folder);
  const folderKnown = known.get(folder);
  return folderKnown === undefined || isMissing(folderKnown, tree);
}
