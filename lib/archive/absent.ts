// Pure: folders that a profile asks for by a well-known name and the mailbox says it does not have. That is no gap, unless
// the archive knows of a folder that may have been it.
import type { KnownFolder } from "../catalog/messages.js";
import { pathNames } from "../core/folder-path.js";
import type { FolderId } from "../core/ids.js";
import { isRecoverable } from "../profiles/folder-choice.js";
import { isMissing, type Tree } from "./tree.js";
import { recoverableTop, wholeName } from "./well-known.js";

type KnownFolders = ReadonlyMap<string, KnownFolder>;

/** These stand below Sync Issues, all others at the top. */
const belowAnother = new Set(["conflicts", "localfailures", "serverfailures"]);

/** The tree as whoever knows the archive sees it: what may have been there in an earlier run is missed, not absent. */
export function missWhatWasThere(tree: Tree, known: KnownFolders): Tree {
  const missed = tree.absent.filter((pattern) => mayHaveBeenThere(wholeName(pattern) ?? "", tree, known));
  if (missed.length === 0) return tree;
  const absent = tree.absent.filter((pattern) => !missed.includes(pattern));
  return { ...tree, absent, lacksAll: false, unmatched: [...tree.unmatched, ...missed] };
}

/** The archive does not know which folder had a well-known name: any at such a place that is no more may have had it. */
function mayHaveBeenThere(name: string, tree: Tree, known: KnownFolders): boolean {
  const folders = [...known.values()];
  if (isRecoverable(name))
    return folders.some(
      ({ path, folderId }) => path.startsWith(`/${recoverableTop}/`) && !tree.all.has(folderId as FolderId),
    );
  const depth = belowAnother.has(name) ? 2 : 1;
  return folders.some((folder) => isMissing(folder, tree) && pathNames(folder.path).length <= depth);
}
