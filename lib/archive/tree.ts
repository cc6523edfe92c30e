// The folders of a mailbox as a tree with paths, and which of them a run reads.
import type { KnownFolder } from "../catalog/messages.js";
import { folderPath } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Folder, MailboxReader } from "../ports/mail-source.js";
import {
  type PlacedFolder,
  wantsFolder,
  wantsRecoverable,
  wantsRecoverableFolder,
  wellKnownNames,
} from "../profiles/folder-choice.js";
import type { Profile } from "../profiles/profile.js";
import type { Problem } from "../runs/run.js";

export interface TreeFolder extends PlacedFolder {
  path: string;
  totalItemCount: number;
  hidden: boolean;
  belowUnread?: string;
}

export interface Tree {
  /** Every folder met, wanted or not. */
  all: ReadonlyMap<FolderId, TreeFolder>;
  /** Those the profile wants, in reading order. */
  wanted: TreeFolder[];
  /** Whether the run reads the folder. */
  reads(folder: FolderId): boolean;
  /** Folders below which nothing is known, because they could not be listed. */
  unread: { path: string; reason: string }[];
  /** Include patterns of the profile that chose no folder. */
  unmatched: string[];
  /** Whether hidden folders were looked for: without, a missing hidden folder says nothing. */
  hiddenIncluded: boolean;
}

/**
 * Recoverable Items has no place in the tree. Graph lists what is in it; should it not, these go by well-known names,
 * whatever the mailbox's language.
 */
const recoverableRoot = "recoverableitemsroot";
const recoverableItems: [name: string, wellKnown: string][] = [
  ["Deletions", "recoverableitemsdeletions"],
  ["Purges", "recoverableitemspurges"],
  ["Versions", "recoverableitemsversions"],
  ["DiscoveryHolds", "recoverableitemsdiscoveryholds"],
];
const recoverableTop = "Recoverable Items";

/** `onWanted` hears of wanted folders of the highest level while the levels below it are still being listed. */
export async function readTree(
  reader: MailboxReader,
  choice: Profile["folders"],
  onWanted: (folder: FolderId) => void = () => {},
): Promise<Tree> {
  const wellKnown = new Map<string, FolderId>();
  const lookups = wellKnownNames(choice).map(async (name) => {
    const id = await reader.wellKnownFolder(name);
    if (id !== undefined) wellKnown.set(name, id);
  });
  const tell = (top: Folder[]) => {
    for (const folder of placeFolders(top)) if (wantsFolder(choice, folder, wellKnown)) onWanted(folder.id);
  };
  // A look-up that fails is heard below.
  const onTop = (top: Folder[]) =>
    void Promise.all(lookups).then(
      () => tell(top),
      () => {},
    );
  const [folders] = await Promise.all([reader.folders({ hidden: choice.hidden, onTop }), ...lookups]);
  const placed = placeFolders(folders);
  const recoverable = wantsRecoverable(choice) ? await recoverableFolders(reader) : [];
  const wanted = [
    ...placed.filter((folder) => wantsFolder(choice, folder, wellKnown)),
    ...recoverable.filter((folder) => wantsRecoverableFolder(choice, folder, wellKnown)),
  ];
  const all = [...placed, ...recoverable];
  const notExcluded = { ...choice, include: ["/"] };
  const unread = all
    .filter((folder) => folder.belowUnread !== undefined && wantsFolder(notExcluded, folder, wellKnown))
    .map(({ path, belowUnread = "" }) => ({ path, reason: belowUnread }));
  const chooses = (include: string) =>
    all.some((folder) => wantsFolder({ ...choice, include: [include], exclude: [] }, folder, wellKnown));
  const unmatched = choice.include.filter((pattern) => !chooses(pattern));
  if (choice.recoverableItems && recoverable.length === 0) unmatched.push(recoverableTop);
  return { ...treeOf({ all, wanted }, choice.hidden), unread, unmatched };
}

export function treeOf(folders: { all: TreeFolder[]; wanted: TreeFolder[] }, hiddenIncluded: boolean): Tree {
  const read = new Set(folders.wanted.map(({ id }) => id));
  return {
    all: new Map(folders.all.map((folder) => [folder.id, folder])),
    wanted: folders.wanted,
    reads: (folder) => read.has(folder),
    unread: [],
    unmatched: [],
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

async function recoverableFolders(reader: MailboxReader): Promise<TreeFolder[]> {
  const root = await reader.wellKnownFolder(recoverableRoot);
  const below = root === undefined ? [] : placeFolders(await reader.foldersBelow(root));
  const folders = below.length > 0 ? below : await namedRecoverableFolders(reader);
  return folders.map((folder) => {
    const names = [recoverableTop, ...folder.names];
    const lineage = [root ?? ("" as FolderId), ...folder.lineage];
    return { ...folder, names, lineage, path: folderPath(names), hidden: true };
  });
}

async function namedRecoverableFolders(reader: MailboxReader): Promise<TreeFolder[]> {
  const branches = recoverableItems.map(async ([name, wellKnown]) => {
    const id = await reader.wellKnownFolder(wellKnown);
    if (id === undefined) return [];
    const top = { id, parentId: "" as FolderId, displayName: name, totalItemCount: 0, hidden: true };
    // A folder deleted with all its mail lies in here as a folder.
    return placeFolders([top, ...(await reader.foldersBelow(id))]);
  });
  return (await Promise.all(branches)).flat();
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
  // Below a folder that could not be listed nothing is missing: it is unknown.
  if ([...tree.all.values()].some(({ belowUnread }) => belowUnread !== undefined)) return [];
  return [...known.values()].filter((folder) => !folder.gone && isMissing(folder, tree));
}

function isMissing({ folderId, path, hidden }: KnownFolder, tree: Tree): boolean {
  const isLookedFor = !hidden || (tree.hiddenIncluded && !path.startsWith(`/${recoverableTop}/`));
  return isLookedFor && !tree.all.has(folderId as FolderId);
}

/** Pure: whether a message last seen in the folder concerns this run: it reads the folder, or the folder is no more. */
export function concerns(tree: Tree, known: ReadonlyMap<string, KnownFolder>, folder: FolderId): boolean {
  if (tree.all.has(folder)) return tree.reads(folder);
  const folderKnown = known.get(folder);
  return folderKnown === undefined || isMissing(folderKnown, tree);
}

/** Pure: what the tree itself leaves to be desired, for a person to see on the run. */
export function treeProblems(tree: Tree, isNamed: boolean): Problem[] {
  const unread = tree.unread.map(({ path, reason }) => ({
    code: reason,
    message: "the folders below it could not be listed; what they hold is missing from this run",
    folderPath: path,
  }));
  // One of many mailboxes may lack a folder that others have; one with nothing to read, or chosen by name, is a mistake.
  const matters = isNamed || tree.wanted.length === 0;
  const unmatched = (matters ? tree.unmatched : []).map((pattern) => ({
    code: "FOLDER_NOT_FOUND",
    message: `no folder of the mailbox fits ${pattern}; GET /mailboxes/{id}/folders lists what there is`,
    folderPath: pattern,
  }));
  const nothing = { code: "NO_FOLDER_CHOSEN", message: "the profile chooses no folder of this mailbox" };
  return [...unread, ...unmatched, ...(tree.wanted.length === 0 ? [nothing] : [])];
}
