// The folder tree of a mailbox: Graph lists one level at a time.
import { z } from "zod";
import { isMailkeepError, type MailkeepError } from "../../core/errors.js";
import type { FolderId } from "../../core/ids.js";
import type { Folder, Unread } from "../../ports/mail-source.js";
import { maybe, readItem } from "./json.js";

/** What could be listed of one level; `unread` says why there may be more. */
export interface Level {
  items: FolderItem[];
  unread?: Unread;
}

/** Undefined when the parent is no longer there. */
export type ListLevel = (parent: string, hidden: boolean) => Promise<Level | undefined>;

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

/** What keeps a list of folders shut, and is no matter of the whole mailbox. */
export const isOfLevel = (error: unknown): error is MailkeepError =>
  isMailkeepError(error, "unavailable", "invalid", "too-large", "not-found");

export const unreadBy = ({ reason, code, status, requestId }: MailkeepError): Unread => ({
  reason: reason ?? code,
  ...(status !== undefined && { status }),
  ...(requestId !== undefined && { requestId }),
});

/** Every folder of these levels and below, each once, parents before their children. */
export function folderTree(list: ListLevel, hidden: boolean) {
  const seen = new Set<string>();

  async function branches(items: FolderItem[], parentId: string | undefined): Promise<Folder[]> {
    const fresh = items.filter((item) => wanted(item, hidden) && !seen.has(item.id) && seen.add(item.id));
    return (await Promise.all(fresh.map((item) => branch(item, parentId)))).flat();
  }

  async function branch(item: FolderItem, parentId: string | undefined): Promise<Folder[]> {
    const folder = folderOf(item, parentId);
    if (!mayHaveChildren(item, hidden)) return [folder];
    try {
      const { items, unread } = (await list(item.id, hidden)) ?? { items: [] };
      return [{ ...folder, ...(unread && { belowUnread: unread }) }, ...(await branches(items, item.id))];
    } catch (error) {
      // One folder that cannot be opened is a gap with a name; whatever concerns the whole mailbox goes up.
      if (!isOfLevel(error) && !isMailkeepError(error, "forbidden")) throw error;
      return [{ ...folder, belowUnread: unreadBy(error) }];
    }
  }

  return branches;
}

/** Pure: those of a level that are no search folders, nor hidden ones unasked for. */
export const foldersAmong = (items: FolderItem[], hidden: boolean): Folder[] =>
  items.filter((item) => wanted(item, hidden)).map((item) => folderOf(item, undefined));

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
