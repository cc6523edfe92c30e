// The audit as a person asks for it: newest first, by time, subject and object.
import type { Page, PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { clockSlackMs, lastBefore, timeOf } from "./at-time.js";
import { type AuditEntry, type ReadRow, readRow, rowOf } from "./entry.js";
import { entryRows } from "./tail.js";

export interface AuditQuery extends PageRequest {
  /** From (inclusive) and to (exclusive). */
  from?: Date;
  to?: Date;
  subject?: string;
  /** An id, or a path with everything below it (`mailboxes/{id}/messages`); also of what came into being. */
  object?: string;
}

/** An entry with its hash; `intact` says whether the row alone is as it was written, the check says it of the chain. */
export type AuditView = { seq: number; hash: string; intact: boolean } & {
  [F in keyof Omit<AuditEntry, "v" | "seq">]?: AuditEntry[F];
};

/** One answer looks at no more rows than this, found or not; the link leads on. */
const mostRowsLookedAt = 5_000;

export async function listAudit(query: AuditQuery, rows: RowStore): Promise<Page<AuditView>> {
  const value: AuditView[] = [];
  let looked = 0;
  for await (const stored of entryRows(rows, await startOf(query, rows))) {
    const row = readRow(stored);
    if (isOver(row, query)) return { value };
    if (matches(row, query)) value.push(view(row));
    looked++;
    if (value.length === query.limit || looked === mostRowsLookedAt) return { value, next: stored.row };
  }
  return { value };
}

async function startOf({ after, to }: AuditQuery, rows: RowStore): Promise<{ from?: string }> {
  // Behind the row named: no key is a longer one's beginning.
  if (after !== undefined) return { from: `${after}0` };
  return to === undefined ? {} : { from: rowOf(await lastBefore(to, rows)) };
}

const isOver = (row: ReadRow, { from }: AuditQuery): boolean =>
  from !== undefined && row.entry !== undefined && timeOf(row) < from.getTime() - clockSlackMs;

function matches(row: ReadRow, { from, to, subject, object }: AuditQuery): boolean {
  const { entry } = row;
  // Damage belongs to every question.
  if (entry === undefined) return true;
  const time = timeOf(row);
  if ((from !== undefined && time < from.getTime()) || (to !== undefined && time >= to.getTime())) return false;
  if (subject !== undefined && !isSame(entry.subject, subject)) return false;
  return object === undefined || isOf(entry.object, object) || isOf(entry.result ?? "", object);
}

const isOf = (path: string, object: string): boolean => isBelow(path.toLowerCase(), object.toLowerCase());
const isBelow = (path: string, object: string): boolean =>
  path === object || path.startsWith(`${object}/`) || path.split("/").includes(object);

/** Most ids are GUIDs, in which case means nothing; no others differ by it alone. */
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function view({ seq, hash, intact, entry }: ReadRow): AuditView {
  if (entry === undefined) return { seq, hash, intact };
  const { v: _, ...rest } = entry;
  return { ...rest, seq, hash, intact };
}
