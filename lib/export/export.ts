// One export as it is kept while it is written and afterwards: enough to go on with after any crash.
import type { Sha256 } from "../core/digest.js";
import type { ExportId, MailboxId } from "../core/ids.js";
import { day } from "../core/time.js";
import type { Cut, Entry } from "../pack/manifest.js";
import type { ExportInput } from "./selection.js";
import type { ZipEntry } from "./zip64.js";

export type ExportFormat = ExportInput["format"];

/** `succeededWithGaps`: something that was asked for is missing, and it is named. */
export type ExportStatus = "pending" | "running" | "succeeded" | "succeededWithGaps" | "failed" | "cancelled";

export const isOpen = (status: ExportStatus): boolean => status === "pending" || status === "running";

/** Something that was asked for and is not in the export. */
export interface Gap {
  mailbox?: MailboxId;
  address?: string;
  key?: string;
  folderPath?: string;
  subject?: string;
  /**
   * MESSAGE_NOT_FOUND, ARCHIVE_CORRUPT, MESSAGE_UNREADABLE (storage refuses it), NOT_ARCHIVED (known to the archive and not
   * in it), NOTHING_ARCHIVED (no mail of this mailbox was ever archived), CATALOG_BEHIND, CATALOG_INCOMPLETE (tables lack
   * what the ledger holds), or why a mailbox of the profile has no archive.
   */
  code: string;
  message: string;
}

export interface ExportMailbox {
  id: MailboxId;
  address: string;
  /** Its folder in the export. */
  place: string;
  /** A profile does not archive it (any more): that nothing of it is archived is no gap. */
  optional?: true;
}

/** What was asked for, kept as a blob beside the export. */
export interface Order {
  selection: ExportInput;
  mailboxes: ExportMailbox[];
  /** What could not be resolved to a mailbox. */
  gaps: Gap[];
}

/** Who wrote how many pieces, one after the other: pieces carry their writer's name, so that two writers cannot mix theirs. */
export type Turns = { writer: string; count: number }[];

export const total = (turns: Turns): number => turns.reduce((sum, { count }) => sum + count, 0);

export function withTurn(turns: Turns, writer: string, count: number): Turns {
  const last = turns.at(-1);
  if (count === 0) return turns;
  if (last?.writer !== writer) return [...turns, { writer, count }];
  return [...turns.slice(0, -1), { writer, count: last.count + count }];
}

/** The name of each piece in order: its number and its writer, all equally long. */
export function pieceNames(turns: Turns): string[] {
  const writers = turns.flatMap(({ writer, count }) => Array.from({ length: count }, () => writer));
  return writers.map((writer, index) => pieceName(writer, index));
}

export const pieceName = (writer: string, index: number): string => `${String(index).padStart(6, "0")}-${writer}`;

export interface Amount {
  messages: number;
  /** As Graph sent them. */
  bytes: number;
}

export const nothing: Amount = { messages: 0, bytes: 0 };

export interface Export {
  id: ExportId;
  format: ExportFormat;
  status: ExportStatus;
  /** What was asked for, without its long lists. */
  asked: Omit<ExportInput, "format" | "mailboxes" | "keys"> & { mailboxes: number; keys?: number };
  /** Whoever has it in hand; a worker that finds another name here stops. */
  writer?: string;
  /** How often in a row work on it ended in a fault. */
  faults: number;
  cancelRequested: boolean;
  requestedAt: string;
  startedAt?: string;
  updatedAt: string;
  endedAt?: string;
  /** `plan`: choose messages; `write`: put them into the zip; `hash`: read the finished zip back. */
  phase: "plan" | "write" | "hash";
  /** One plan for each mailbox. */
  plans: Turns;
  planned: Amount;
  /** The next line of the plan. */
  at: { mailbox: number; chunk: number; line: number };
  written: Amount;
  gapCount: number;
  /** The first of them. */
  gaps: Gap[];
  /** The zip so far: its blocks, its length, its entries, and what is known of them. */
  blocks: Turns;
  offset: number;
  entries: number;
  parts: Turns;
  /** An mbox that is not complete yet, and the folder it is for. */
  open?: { place: string; entry: ZipEntry };
  result?: { size: number; sha256: Sha256 };
  /** A person wants nothing of it to be left. */
  removeRequested?: true;
  /** When its result was removed because its time was over. */
  expiredAt?: string;
  /** Why it failed. */
  problem?: { code: string; message: string };
}

/** So long a result is kept; infra/modules/archive-storage.bicep says the same to the storage account. */
export const keptMs = 30 * day;

/** When its result is removed; undefined while there is none. */
export const expiryOf = ({ result, endedAt }: Export): string | undefined =>
  result === undefined || endedAt === undefined ? undefined : new Date(Date.parse(endedAt) + keptMs).toISOString();

/** One message to be exported. */
export interface PlanLine {
  key: string;
  version: number;
  folderPath: string;
  subject?: string;
  from?: { name?: string; email: string };
  receivedAt: string;
  size: number;
  sha256: Sha256;
  removedAt?: string;
  /** The ledger record that committed it. */
  seq: number;
  /** Where its bytes lie, or why it cannot be exported. */
  content: { pack: string; entry: Entry; cuts: Cut[] } | { code: string; message: string };
}

/** Up to a thousand messages of one folder. */
export interface PlanChunk extends Amount {
  name: string;
  /** The folder's place in the export, below its mailbox's. */
  place: string;
}

export interface Plan extends Amount {
  /** Those of one place stand together. */
  chunks: PlanChunk[];
  gaps: Gap[];
}

/** What is told of one exported message in `index.jsonl` and `index.csv`. */
export interface IndexLine {
  mailbox: MailboxId;
  address: string;
  key: string;
  version: number;
  folder: string;
  subject: string | null;
  from: string | null;
  fromName: string | null;
  date: string;
  removedAtSource: string | null;
  size: number;
  sha256: Sha256;
  /** The ledger record that committed it. */
  seq: number;
  file: string;
  /** Where its "From " line begins in an mbox. */
  offset?: number;
}

/** What one stretch of writing added: directory records of the zip (base64), index, gaps. */
export interface Part {
  directory: string;
  index: IndexLine[];
  gaps: Gap[];
}

export const resultName = (id: ExportId): string => `${id}/mail.zip`;
export const orderName = (id: ExportId): string => `${id}/order`;
export const planName = (id: ExportId, piece: string): string => `${id}/plan/${piece}`;
export const partName = (id: ExportId, piece: string): string => `${id}/parts/${piece}`;
