// What a check of the audit can find, and how it answers.

/**
 * missing     numbers have been given out, and their entries are gone
 * truncated   the newest entries are gone: the head or an anchor knows of more
 * changed     the text is not the one whose hash its row, its successor or an anchor has
 * misplaced   an entry stands at another one's place: moved, or copied
 * replayed    the same entry stands there twice
 * unreadable  no entry
 * head-lost   the row that names the end was gone or set back
 * anchor      an anchor is gone, or not what the one after it names, or no anchor
 */
export const auditDamages = [
  "missing",
  "truncated",
  "changed",
  "misplaced",
  "replayed",
  "unreadable",
  "head-lost",
  "anchor",
] as const;
export type AuditDamage = (typeof auditDamages)[number];

export interface AuditFinding {
  code: AuditDamage;
  /** The number of the entry, or the first of them. */
  seq: number;
  detail: string;
}

export interface Place {
  seq: number;
  time: string | null;
  hash: string;
}

export interface AuditCheck {
  /** All that was looked at is as it was written. */
  intact: boolean;
  /** False: the range is longer than one check; go on with `to` set to the time of `first`. */
  complete: boolean;
  entries: number;
  /** The oldest and the newest entry that were looked at. */
  first: Place | null;
  last: Place | null;
  /** Anchors that were compared. */
  anchors: number;
  /** The oldest place that is broken. */
  firstBroken: AuditFinding | null;
  findings: { count: number; kept: AuditFinding[] };
}
