// The folder tree of a mailbox: Graph lists one level at a time.
import { z } from "zod";
import { isMailkeepError } from "../../core/errors.js";
import type { FolderId } from "../../core/ids.js";
import type { Folder } from "../../ports/mail-source.js";
import { maybe, readItem } from "./json.js";

/** Lists every page of one level; undefined when the parent is no longer there. */
export type ListLevel = (parent: string | undefined, hidden: boolean) => Promise<FolderItem[] | undefined>;

export const folderSelect = "$select=id,displayName,parentFolderId,childFolderCount,totalItemCount,isHidden";

const FolderJson = z.object({
  "@odata.type": maybe(z.string()),
  id: z.string().min(1).max(4_096),
  displayName: maybe(z.string()),
  parentFolderId: maybe(z.string().min(1)),
  childFolderCount: maybe(z.number()),
  totalItemCount: maybe(z.number().int().nonnegative()),
  isHidden: maybe(z.boolean()),
});
export type FolderItem = z.infer<typeof FolderJson>;

/** @throws Fault `malformed` when the item has no id */
export const readFolder = (raw: unknown): FolderItem => readItem(raw, FolderJson);

export interface TreeOptions {
  hidden: boolean;
  /** Hears of the highest level before those below it are listed. */
  onTop?: ((top: Folder[]) => void) | undefined;
}

/** Every folder below `parent` (the whole mailbox without one), each once, parents before their children. */
export async function folderTree(
  list: ListLevel,
  parent: string | undefined,
  { hidden, onTop }: TreeOptions,
): Promise<Folder[]> {
  const seen = new Set<string>();

  async function below(parentId: string | undefined): Promise<Folder[]> {
    const items = (await list(parentId, hidden)) ?? [];
    const fresh = items.filter((item) => wanted(item, hidden) && !seen.has(item.id) && seen.add(item.id));
    if (parentId === parent) onTop?.(fresh.map((item) => folderOf(item, parentId)));
    const branches = await Promise.all(fresh.map((item) => branch(item, parentId)));
    return branches.flat();
  }

  async function branch(item: FolderItem, parentId: string | undefined): Promise<Folder[]> {
    const folder = folderOf(item, parentId);
    if (!mayHaveChildren(item, hidden)) return [folder];
    try {
      return [folder, ...(await below(item.id))];
    } catch (error) {
      // One folder that cannot be opened is a gap with a name; whatever concerns the whole mailbox goes up.
      if (!isMailkeepError(error, "unavailable", "forbidden", "invalid", "too-large")) throw error;
      return [{ ...folder, belowUnread: error.reason ?? error.code }];
    }
  }

  return below(parent);
}

/** Search folders only repeat messages that are in other folders. */
function wanted(item: FolderItem, hidden: boolean): boolean {
  const search = item["@odata.type"]?.toLowerCase().endsWith("mailsearchfolder") ?? false;
  return !search && (hidden || item.isHidden !== true);
}

/** The count leaves hidden children out, and may be left out itself. */
function mayHaveChildren(item: FolderItem, hidden: boolean): boolean {
  return hidden || typeof item.childFolderCount !== "number" || item.childFolderCount > 0;
}

function folderOf(item: FolderItem, parentId: string | undefined): Folder {
  return {
    id: item.id as FolderId,
    parentId: (item.parentFolderId ?? parentId ?? "") as FolderId,
    displayName: item.displayName ?? "(unnamed)",
    totalItemCount: item.totalItemCount ?? 0,
    hidden: item.isHidden === true,
  };
}
