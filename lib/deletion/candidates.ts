// Who may be meant: messages of the catalog that are still in the mailbox, and what the rule says of them by their row alone.
// A row is only where to look: nothing is deleted on its word (proof.ts).
import type { Known } from "../catalog/known.js";
import { lookUp } from "../catalog/messages.js";
import type { FolderId, ImmutableId, MailboxId, MessageKey, RunId } from "../core/ids.js";
import { day } from "../core/time.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import type { DeletionRule } from "../profiles/deletion.js";
import type { KeptCause } from "../runs/deletion-counts.js";

export interface Candidate {
  row: Row;
  key: MessageKey;
  id: ImmutableId;
  seq: number;
  known: Known;
}

/** What is known of the mailbox for the whole of one invocation. */
export interface Circumstances {
  mailbox: MailboxId;
  run: RunId;
  rule: DeletionRule;
  /** Folders the profile chooses, with their paths. */
  folders: ReadonlyMap<FolderId, string>;
  /** Paths of those that could not be read to their end; undefined: too many went wrong to tell. */
  unread: ReadonlySet<string> | undefined;
  /** Deleted Items and all folders below it. */
  deletedItems: ReadonlySet<FolderId>;
  /** Why nothing at all may be deleted from the mailbox now. */
  blocked: KeptCause | undefined;
  /** Keys of what is archived as it is now while this goes on: it has its turn in another run. */
  archivedAnew: Set<MessageKey>;
  now: Date;
}

/** One row's verdict. `pass`: no message of the mailbox that the profile chooses. */
export type Verdict = { kind: "pass" } | { kind: "keep"; cause: KeptCause } | { kind: "candidate" };

const pass: Verdict = { kind: "pass" };
const keep = (cause: KeptCause): Verdict => ({ kind: "keep", cause });

/** Pure. */
export function judgeRow(row: Row, around: Circumstances): Verdict {
  const { rule, folders, deletedItems, blocked, now, run } = around;
  const folderId = row.folderId as FolderId;
  const path = folders.get(folderId);
  if (row.removedAt || path === undefined || row.deletedRun === run) return pass;
  if (around.archivedAnew.has(row.key as MessageKey)) return pass;
  if (row.deletedAt) return keep("deletedBefore");
  if (path.startsWith("/Recoverable Items/")) return keep("inDeletedItems");
  if (rule.action === "moveToDeletedItems" && deletedItems.has(folderId)) return keep("inDeletedItems");
  if (!isOlder(String(row.receivedAt), rule.olderThanDays, now)) return keep("tooYoung");
  if (!isOlder(String(row.storedAt), rule.graceDays, now)) return keep("inGrace");
  if (around.unread === undefined || around.unread.has(path)) return keep("folderNotRead");
  return blocked === undefined ? { kind: "candidate" } : keep(blocked);
}

/** A time that cannot be read is never old enough. */
function isOlder(time: string, days: number, now: Date): boolean {
  return now.getTime() - Date.parse(time) >= days * day;
}

/** `at`: the last row that is dealt with. */
export type Looked = { at: string } & (
  | { kind: "keep"; cause: KeptCause }
  | { kind: "candidate"; candidate: Candidate }
);

/** The catalog's rows after `after`, newest mail first; earlier versions of edited messages are left out. */
export async function* lookThrough(
  rows: RowStore,
  around: Circumstances,
  after: string | undefined,
): AsyncIterable<Looked> {
  const from = after === undefined ? "t_" : `${after}!`;
  for await (const { at, row } of newestVersions(rows.scan("messages", around.mailbox, { from, to: "t`" }))) {
    const verdict = judgeRow(row, around);
    if (verdict.kind === "pass") continue;
    if (verdict.kind === "keep") {
      yield { at, ...verdict };
      continue;
    }
    const id = String(row.id) as ImmutableId;
    const known = await lookUp(rows, around.mailbox, id);
    if (known !== undefined && known.key !== row.key && known.version > Number(row.version)) continue;
    if (known === undefined || known.key !== row.key) yield { at, kind: "keep", cause: "damaged" };
    else if (known.removedAt !== undefined) continue;
    else yield { at, kind: "candidate", candidate: { row, key: known.key, id, seq: Number(row.seq), known } };
  }
}

/** Versions of a message that were received at one time lie beside each other: the row of the newest, and where the last was. */
async function* newestVersions(all: AsyncIterable<StoredRow>): AsyncIterable<{ at: string; row: Row }> {
  let newest: StoredRow | undefined;
  let at = "";
  for await (const next of all) {
    if (newest !== undefined && messageOf(newest) !== messageOf(next)) yield { at, row: newest.values };
    if (newest === undefined || messageOf(newest) !== messageOf(next) || versionOf(newest) < versionOf(next))
      newest = next;
    at = next.row;
  }
  if (newest !== undefined) yield { at, row: newest.values };
}

/** A list row ends in the message's key, and a key from version 2 on in the version: `t_…_<32 hex digits>-2`. */
const versionSuffix = /-(\d+)$/;
const messageOf = ({ row }: StoredRow): string => row.replace(versionSuffix, "");
const versionOf = ({ row }: StoredRow): number => Number(versionSuffix.exec(row)?.[1] ?? 1);
