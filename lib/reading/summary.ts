// What a person is shown of an archived message: its catalog row in plain words.
import { defined } from "../catalog/known.js";
import type { KnownFolder } from "../catalog/messages.js";
import type { Sha256 } from "../core/digest.js";
import type { MessageKey } from "../core/ids.js";
import type { Address } from "../ports/mail-source.js";
import type { Row } from "../ports/row-store.js";

export interface MessageSummary {
  key: MessageKey;
  /** Graph's immutable id. */
  immutableId: string;
  /** 1 for the first content stored of the message, 2 after it was edited, … */
  version: number;
  folderId: string;
  /** The folder's path now; the path at the time of storing when the archive has not met the folder since. */
  folderPath: string;
  subject?: string;
  from?: Address;
  /** Absent when unknown, or too many for a catalog row: a single message has them all. */
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  internetMessageId?: string;
  /** ISO 8601. */
  receivedAt: string;
  /** Length and SHA-256 of the bytes that Graph sent. */
  size: number;
  sha256: Sha256;
  /** As Exchange counts them, pictures inside the text left out; null when Graph did not say. */
  hasAttachments: boolean | null;
  isRead?: boolean;
  isDraft?: boolean;
  flag?: string;
  importance?: string;
  categories?: string[];
  storedAt: string;
  /**
   * When it was found to have left the mailbox; null while it is there. In a list, an earlier version of an edited message
   * keeps the folder and state it had when the later one was stored.
   */
  removedAtSourceAt: string | null;
  /** Who took it out of the mailbox: we, by a deletion rule, or somebody there. */
  removedAtSourceBy: "mailkeep" | "mailbox" | null;
  /** The ledger record that committed it, and the pack that holds it. */
  seq: number;
  pack: string;
}

export type Folders = Map<string, KnownFolder>;

export function summaryOf(row: Row, folders: Folders): MessageSummary {
  const optional = {
    subject: text(row.subject),
    from: sender(row),
    ...recipientsOf(row),
    internetMessageId: text(row.messageId),
    isRead: flag(row.isRead),
    isDraft: flag(row.isDraft),
    flag: text(row.flag),
    importance: text(row.importance),
    categories: jsonOf<string[]>(row.categories),
  };
  return {
    key: String(row.key) as MessageKey,
    immutableId: String(row.id),
    version: Number(row.version),
    folderId: String(row.folderId),
    folderPath: currentPath(row, folders),
    receivedAt: String(row.receivedAt),
    size: Number(row.size),
    sha256: String(row.sha256) as Sha256,
    hasAttachments: flag(row.hasAttachment) ?? null,
    storedAt: String(row.storedAt),
    removedAtSourceAt: text(row.removedAt) || null,
    removedAtSourceBy: !row.removedAt ? null : row.removedAt === row.deletedAt ? "mailkeep" : "mailbox",
    seq: Number(row.seq),
    pack: String(row.pack),
    ...defined(optional),
  };
}

export function currentPath(row: Row, folders: Folders): string {
  return folders.get(String(row.folderId))?.path ?? String(row.folderPath ?? "/");
}

type Recipients = Pick<MessageSummary, "to" | "cc" | "bcc">;

/** Nothing when there were too many for a row; see {@link isWhole}. */
export function recipientsOf(row: Row): Recipients {
  return jsonOf<Recipients>(row.recipients) ?? {};
}

/** The catalog cuts single texts off at this length; see catalog/rows.ts. */
const rowTextLimit = 1_000;

/** False when recipients or a text were too long for a row: the ledger has all of them. */
export function isWhole(row: Row): boolean {
  const texts = [row.subject, row.fromName, row.fromEmail];
  return row.recipients !== undefined && texts.every((value) => String(value ?? "").length < rowTextLimit);
}

function sender(row: Row): Address | undefined {
  const email = text(row.fromEmail);
  return email === undefined ? undefined : { email, ...defined({ name: text(row.fromName) }) };
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const flag = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);

/** A list too long for a row may have been cut off in it; what cannot be read is not known from the row. */
function jsonOf<T>(value: unknown): T | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return JSON.parse(value) as T;
  } catch {
    return undefined;
  }
}
