// Mail folders: lists, single folders and the delta of the whole tree (facts/graph.md C).
import { itemNotFound, json, malformedId } from "./answer.js";
import type { MailboxCall, Route } from "./call.js";
import { deltaCall } from "./delta-call.js";
import { isWellFormedId } from "./ids.js";
import type { MailFolder } from "./mailbox.js";
import { folderJson, folderPropertyNames } from "./message-json.js";
import { linkQuery, listOptions, selected } from "./query.js";

const folderType = "microsoft.graph.mailFolder";

/** The folder a request names by id or by well-known name. */
export function namedFolder({ mailbox, places }: MailboxCall): MailFolder {
  const name = places.folder ?? "";
  const folder = mailbox.folder(name);
  if (folder) return folder;
  return /^[a-z]{1,40}$/i.test(name) || isWellFormedId(name) ? itemNotFound() : malformedId();
}

function listChildren(call: MailboxCall, parent: MailFolder) {
  const { mailbox, query, state, path } = call;
  const select = selected(query, folderPropertyNames, folderType);
  const { top, skip } = listOptions(query);
  const hidden = query.get("includeHiddenFolders") === "true";
  const folders = mailbox.children(parent).filter((folder) => hidden || !folder.hidden);
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#users/mailFolders`,
    value: folders.slice(skip, skip + top).map((folder) => folderJson(folder, mailbox, select)),
    ...(skip + top < folders.length
      ? { "@odata.nextLink": `${state.origin}${path}?${linkQuery(query, "$skip", String(skip + top))}` }
      : {}),
  });
}

/** The tree flat, without its root, without what hangs beside it (Recoverable Items) and without hidden folders. */
function folderDelta(call: MailboxCall) {
  const { mailbox } = call;
  const root = mailbox.standard("msgfolderroot");
  return deltaCall(call, {
    of: `${mailbox.userId} folders`,
    generation: mailbox.generation,
    log: mailbox.folderLog,
    collection: "mailFolder",
    known: folderPropertyNames,
    type: folderType,
    present: (entry, select) => {
      const folder = mailbox.folders.get(entry.id);
      return folder && folderJson(folder, mailbox, select);
    },
    wanted: (entry) => {
      const folder = mailbox.folders.get(entry.id);
      return folder !== undefined && folder !== root && !folder.hidden && isBelow(folder, root, call);
    },
  });
}

function isBelow(folder: MailFolder, root: MailFolder, { mailbox }: MailboxCall): boolean {
  for (let at = folder; ; ) {
    const parent = mailbox.folders.get(at.parentId);
    if (parent === root) return true;
    if (!parent || parent === at) return false;
    at = parent;
  }
}

export const folderRoutes: Route[] = [
  {
    method: "GET",
    template: "/users/{user}/mailFolders",
    scope: "mailbox",
    answer: (call) => listChildren(call, call.mailbox.standard("msgfolderroot")),
  },
  { method: "GET", template: "/users/{user}/mailFolders/delta", scope: "mailbox", answer: folderDelta },
  {
    method: "GET",
    template: "/users/{user}/mailFolders/{folder}",
    scope: "mailbox",
    answer: (call) => {
      const folder = namedFolder(call);
      return json(folderJson(folder, call.mailbox, selected(call.query, folderPropertyNames, folderType)));
    },
  },
  {
    method: "GET",
    template: "/users/{user}/mailFolders/{folder}/childFolders",
    scope: "mailbox",
    answer: (call) => listChildren(call, namedFolder(call)),
  },
];
