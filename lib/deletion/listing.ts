// What a run did, or in a dry run would have done, to single messages, for a person to look at. The ledger is the truth.

import { inBatches } from "../catalog/batches.js";
import { defined } from "../catalog/known.js";
import { lookUp } from "../catalog/messages.js";
import type { ImmutableId, MailboxId, MessageKey, RunId } from "../core/ids.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import type { Row, RowStore } from "../ports/row-store.js";
import type { KeptCause } from "../runs/deletion-counts.js";

/** `deleting`: the intent is committed and its worker has not told the end of it. */
export type ListedOutcome = "deleting" | "deleted" | "wouldDelete" | "kept";

export interface ListedDeletion {
  mailbox: MailboxId;
  key: MessageKey;
  id: ImmutableId;
  outcome: ListedOutcome;
  cause?: KeptCause;
  /** What is wrong with the archive's copy, or why Graph refused. */
  code?: string;
  detail?: string;
  size: number;
  at: string;
}

const partitionOf = (run: RunId): string => `deletions-${run}`;

/** Messages left for these causes are worth a look; the others are only counted. */
const worthALook = new Set<KeptCause>(["changed", "gone", "damaged", "refused", "failed"]);

export async function listDeletions(rows: RowStore, run: RunId, entries: ListedDeletion[]): Promise<void> {
  const worth = entries.filter(({ cause }) => cause === undefined || worthALook.has(cause));
  const writes = worth.map((entry) => ({
    kind: "upsert" as const,
    row: `${entry.mailbox}_${entry.key}`,
    values: defined({ ...entry, detail: entry.detail?.slice(0, 300) }) as Row,
  }));
  await inBatches(rows, "runs", partitionOf(run), writes);
}

export interface DeletionEntry {
  mailbox: string;
  key: string;
  outcome: ListedOutcome;
  cause: string | null;
  code: string | null;
  detail: string | null;
  size: number;
  at: string;
}

/** By mailbox and key. */
export async function showDeletions(
  rows: RowStore,
  run: RunId,
  { limit, after }: PageRequest,
): Promise<Page<DeletionEntry>> {
  const range = after === undefined ? {} : { from: `${after}!` };
  const page = await onePage(rows.scan("runs", partitionOf(run), range), limit, ({ row }) => row);
  const value: DeletionEntry[] = [];
  for (const { values } of page.value) value.push(await entryOf(values, run, rows));
  return { ...page, value };
}

async function entryOf(values: Row, run: RunId, rows: RowStore): Promise<DeletionEntry> {
  const text = (name: string) => (typeof values[name] === "string" ? (values[name] as string) : null);
  const entry = {
    mailbox: String(values.mailbox),
    key: String(values.key),
    outcome: values.outcome as ListedOutcome,
    cause: text("cause"),
    code: text("code"),
    detail: text("detail"),
    size: Number(values.size),
    at: String(values.at),
  };
  if (entry.outcome !== "deleting") return entry;
  // Its worker died between the receipt and this row: the catalog knows the receipt.
  const known = await lookUp(rows, entry.mailbox as MailboxId, String(values.id) as ImmutableId);
  return known?.deletedRun === run && known.deletedAt !== undefined
    ? { ...entry, outcome: "deleted", at: known.deletedAt }
    : entry;
}
