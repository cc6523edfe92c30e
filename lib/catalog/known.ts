// What the catalog knows of a message by its id: enough to decide, without a download, what a change means.

import type { MessageKey } from "../core/ids.js";
import type { Row } from "../ports/row-store.js";

export interface Known {
  /** Key of the newest version. */
  key: MessageKey;
  version: number;
  receivedAt: string;
  folderId: string;
  /** When the message was found to have left the mailbox; undefined while it is there. */
  removedAt?: string;
  /** When we deleted it from the mailbox; stays when a person brings it back. */
  deletedAt?: string;
  /** The folder that users see and that we moved it to. */
  deletedTo?: string;
  deletedRun?: string;
  changeKey?: string;
  subjectHash?: string;
  previewHash?: string;
  messageIdHash?: string;
  hasAttachment?: boolean;
  isDraft?: boolean;
  isRead?: boolean;
  flag?: string;
  importance?: string;
  categoriesHash?: string;
  /** The run that stored this version. */
  run: string;
}

/** As table properties. `removedAt` is written as "" when absent, because a merge cannot take a property away. */
export function knownToRow(known: Known): Row {
  return { ...known, removedAt: known.removedAt ?? "" };
}

export function knownFromRow(row: Row): Known {
  const text = (name: string) =>
    typeof row[name] === "string" && row[name] !== "" ? (row[name] as string) : undefined;
  const flag = (name: string) => (typeof row[name] === "boolean" ? (row[name] as boolean) : undefined);
  return {
    key: text("key") as MessageKey,
    version: Number(row.version),
    receivedAt: text("receivedAt") ?? "",
    folderId: text("folderId") ?? "",
    run: text("run") ?? "",
    ...defined({
      removedAt: text("removedAt"),
      deletedAt: text("deletedAt"),
      deletedTo: text("deletedTo"),
      deletedRun: text("deletedRun"),
      changeKey: text("changeKey"),
      subjectHash: text("subjectHash"),
      previewHash: text("previewHash"),
      messageIdHash: text("messageIdHash"),
      hasAttachment: flag("hasAttachment"),
      isDraft: flag("isDraft"),
      isRead: flag("isRead"),
      flag: text("flag"),
      importance: text("importance"),
      categoriesHash: text("categoriesHash"),
    }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without its undefined properties. */
export function defined<T extends object>(value: T): Defined<T> {
  const names = Object.keys(value) as (keyof T)[];
  // A copy keeps the form that the engine reads fast, and most objects have nothing to leave out.
  if (names.every((name) => value[name] !== undefined)) return { ...value } as Defined<T>;
  const kept: Partial<T> = {};
  for (const name of names) if (value[name] !== undefined) kept[name] = value[name];
  return kept as Defined<T>;
}
