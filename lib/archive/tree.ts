// The folders of a mailbox as a tree with paths, and which of them a run reads.
import type { KnownFolder } from "../catalog/messages.js";
import { folderPath } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import type { LedgerEvent } from "../ledger/record.js";
import type { Folder, MailboxReader } from "../ports/mail-source.js";
import { type PlacedFolder, type WellKnownFolders, wantsFolder, wellKnownNames } from "../profiles/folder-choice.js";
import type { Profile } from "../profiles/profile.js";

export interface TreeFolder extends PlacedFolder {
  path: string;
  totalItemCount: number;
  hidden: boolean;
}

export interface Tree {
  /** Every folder met, wanted or not. */
  all: ReadonlyMap<FolderId, TreeFolder>;
  /** Those the profile wants, in reading order. */
  wanted: TreeFolder[];
  /** Whether hidden folders were looked for: without, a missing hidden folder says nothing. */
  hiddenIncluded: boolean;
}

/** Recoverable Items has no place in the tree; its folders go by well-known names, whatever the mailbox's language. */
const recoverableItems: [name: string, wellKnown: string][] = [
  ["Deletions", "recoverableitemsdeletions"],
  ["Purges", "recoverableitemspurges"],
  ["Versions", "recoverableitemsversions"],
  ["DiscoveryHolds", "recoverableitemsdiscoveryholds"],
];
const recoverableTop = "Recoverable Items";

export async function readTree(reader: MailboxReader, choice: Profile["folders"]): Promise<Tree> {
  const wellKnown = new Map<string, FolderId>();
  const lookups = wellKnownNames(choice).map(async (name) => {
    const id = await reader.wellKnownFolder(name);
    if (id !== undefined) wellKnown.set(name, id);
  });
  const [folders] = await Promise.all([reader.folders({ hidden: choice.hidden }), ...lookups]);
  const placed = placeFolders(folders);
  if (choice.recoverableItems) placed.push(...(await recoverableFolders(reader)));
  const all = new Map(placed.map((folder) => [folder.id, folder]));
  return { all, wanted: chosen(placed, choice, wellKnown), hiddenIncluded: choice.hidden };
}

function chosen(folders: TreeFolder[], choice: Profile["folders"], wellKnown: WellKnownFolders): TreeFolder[] {
  return folders.filter((folder) => folder.names[0] === recoverableTop || wantsFolder(choice, folder, wellKnown));
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
      };
    })
    .sort((a, b) => a.names.length - b.names.length);
}

async function recoverableFolders(reader: MailboxReader): Promise<TreeFolder[]> {
  const found = await Promise.all(
    recoverableItems.map(async ([name, wellKnown]) => ({ name, id: await reader.wellKnownFolder(wellKnown) })),
  );
  return found.flatMap(({ name, id }) => {
    const names = [recoverableTop, name];
    return id === undefined
      ? []
      : [{ id, names, lineage: [id], path: folderPath(names), totalItemCount: 0, hidden: true }];
  });
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
  const judged = [...known.values()].filter(({ gone, hidden }) => !gone && (!hidden || tree.hiddenIncluded));
  return judged.filter(
    ({ folderId, path }) => !tree.all.has(folderId as FolderId) && !path.startsWith(`/${recoverableTop}/`),
  );
}
