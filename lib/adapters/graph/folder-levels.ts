// The levels of the folder tree, and what can be had of it where the top level cannot be listed.
import { z } from "zod";
import type { Folder, FolderTree } from "../../ports/mail-source.js";
import {
  type FolderItem,
  folderSelect,
  foldersAmong,
  folderTree,
  isOfLevel,
  type Level,
  readFolder,
  unreadBy,
} from "./folders.js";
import { follow, type Page, readJson } from "./json.js";
import { type MailboxAsk, type PageQuestion, valueIn } from "./mailbox-ask.js";
import { PageSize } from "./page-size.js";
import { UnansweredLevels } from "./unanswered-levels.js";

export interface FoldersAsked {
  hidden: boolean;
  known?: () => Promise<string[]>;
  /** Hears of the highest level before those below it are listed. */
  onTop?(top: Folder[]): void;
}

const foldersPerPage = 100;

/** The top of the tree by a name of its own: another question to the same end. */
const root = "msgfolderroot";

/** https://learn.microsoft.com/graph/api/resources/mailfolder: those that stand at the top and hold mail. */
const topNames = [
  "inbox",
  "sentitems",
  "archive",
  "deleteditems",
  "drafts",
  "junkemail",
  "outbox",
  "conversationhistory",
  "clutter",
  "syncissues",
];

/** More folders than that are not asked for one by one. */
const mostKnown = 500;

export class FolderLevels {
  readonly #sizes = new PageSize(foldersPerPage);

  constructor(
    private readonly ask: MailboxAsk,
    readonly unanswered = new UnansweredLevels(),
  ) {}

  top(hidden: boolean): Promise<Level | undefined> {
    const question = { route: "/users/{id}/mailFolders", where: "mailbox", ...this.#path("", hidden) } as const;
    return this.unanswered.unlessInVain({ parent: "", hidden }, () => this.#level(question));
  }

  /** Undefined when the parent has gone; `mayLack` says it may never have been. */
  below(parent: string, hidden: boolean, mayLack = false): Promise<Level | undefined> {
    const question = {
      route: "/users/{id}/mailFolders/{id}/childFolders",
      where: mayLack ? "well-known" : "folder",
      ...this.#path(`/${encodeURIComponent(parent)}/childFolders`, hidden),
    } as const;
    return this.unanswered.unlessInVain({ parent, hidden }, () => this.#level(question));
  }

  /** One folder by id or well-known name; undefined when there is none. */
  async one(name: string, mostTries?: number): Promise<FolderItem | undefined> {
    const route = "/users/{id}/mailFolders/{name}";
    const reply = await this.ask.ask({
      route,
      where: "well-known",
      path: `/mailFolders/${encodeURIComponent(name)}?${folderSelect}`,
      read: (answer) => readFolder(readJson(answer, z.unknown())),
      ...(mostTries !== undefined && { failureTries: mostTries }),
    });
    return reply.kind === "absent" ? undefined : valueIn(reply, route);
  }

  #path(place: string, hidden: boolean): Pick<PageQuestion<FolderItem>, "path"> {
    const flag = hidden ? "includeHiddenFolders=true&" : "";
    return { path: (pageSize) => `/mailFolders${place}?${flag}$top=${pageSize}&${folderSelect}` };
  }

  async #level(asked: Pick<PageQuestion<FolderItem>, "route" | "where" | "path">): Promise<Level | undefined> {
    const question: PageQuestion<FolderItem> = { ...asked, item: readFolder, sizes: this.#sizes };
    const first = await this.ask.page(question);
    if (first.kind === "folder-gone" || first.kind === "absent") return undefined;
    const items: FolderItem[] = [];
    try {
      const next = async (link: string): Promise<Page<FolderItem>> =>
        valueIn(await this.ask.page({ ...question, link }), question.route);
      for await (const page of follow(valueIn(first, question.route), next)) items.push(...page);
    } catch (error) {
      // The folders that came are there, whatever became of the page after them.
      if (items.length === 0 || !isOfLevel(error)) throw error;
      return { items, unread: unreadBy(error) };
    }
    return { items };
  }
}

/** @throws MailkeepError what the mailbox as a whole is refused with, or unwell of */
export async function wholeTree(levels: FolderLevels, { hidden, known, onTop }: FoldersAsked): Promise<FolderTree> {
  const branches = folderTree((id) => levels.below(id, hidden), hidden);
  const { items, unread } = await topLevel(levels, hidden);
  onTop?.(foldersAmong(items, hidden));
  const folders = await branches(items, undefined);
  if (unread === undefined) return { folders };
  const ids = new Set<string>(folders.map(({ id }) => id));
  const strangers = ((await known?.()) ?? []).filter((id) => !ids.has(id)).slice(0, mostKnown);
  return { folders: [...folders, ...(await branches(await byName(strangers, levels), undefined))], topUnread: unread };
}

async function topLevel(levels: FolderLevels, hidden: boolean): Promise<Level> {
  try {
    return (await levels.top(hidden)) ?? { items: [] };
  } catch (error) {
    // Without a status it is we who refused, e.g. a link to another host: no other question makes that good.
    if (!isOfLevel(error) || (error.code === "invalid" && error.status === undefined) || !(await isWell(levels)))
      throw error;
    return (
      (await topByAnotherName(levels, hidden)) ?? { items: await byName(topNames, levels), unread: unreadBy(error) }
    );
  }
}

/** A mailbox that does not even give its inbox is down as a whole, and is tried again later. */
async function isWell(levels: FolderLevels): Promise<boolean> {
  try {
    return (await levels.one("inbox", 2)) !== undefined;
  } catch (error) {
    if (isOfLevel(error)) return false;
    throw error;
  }
}

async function topByAnotherName(levels: FolderLevels, hidden: boolean): Promise<Level | undefined> {
  try {
    const level = await levels.below(root, hidden, true);
    return level === undefined || level.items.length === 0 ? undefined : level;
  } catch (error) {
    if (isOfLevel(error)) return undefined;
    throw error;
  }
}

async function byName(names: readonly string[], levels: FolderLevels): Promise<FolderItem[]> {
  const found = names.map(async (name) => {
    try {
      return await levels.one(name, 2);
    } catch (error) {
      // It is one of those that the gap at the top stands for.
      if (isOfLevel(error)) return undefined;
      throw error;
    }
  });
  return (await Promise.all(found)).filter((item) => item !== undefined);
}
