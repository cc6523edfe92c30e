// What a run's deletion rule came to: of one mailbox, and summed up.
import type { Sha256 } from "../core/digest.js";
import type { DeletionRule } from "../profiles/deletion.js";

/**
 * Why a message of the archive that is still in a folder the profile chooses was left there.
 *
 * tooYoung        received less than `olderThanDays` ago
 * inGrace         archived less than `graceDays` ago
 * notChosen       in a folder, or by a filter, that the profile does not choose
 * inDeletedItems  it is in Deleted Items already, or in Recoverable Items
 * deletedBefore   we deleted it once, and a person brought it back
 * changed         not, or not provably, what was archived
 * gone            not in the mailbox any more when it was looked for
 * damaged         the archive could not give back the bytes it recorded, or ledger and catalog disagree
 * folderNotRead   this run could not read the folder to its end
 * mayBeExempt     an override of the profile means somebody who cannot be found, maybe this mailbox
 * onHold          a hold of Exchange keeps the mailbox
 * holdUnknown     Exchange did not say whether there is a hold
 * capSpent        the run's `maxPerRun` was spent
 * ruleChanged     the profile's rule is another one by now, or none
 * noWriter        there is no identity that may write
 * refused         Graph refused the deletion
 * failed          the mailbox could not be asked about this message
 */
export const keptCauses = [
  "tooYoung",
  "inGrace",
  "notChosen",
  "inDeletedItems",
  "deletedBefore",
  "changed",
  "gone",
  "damaged",
  "folderNotRead",
  "mayBeExempt",
  "onHold",
  "holdUnknown",
  "capSpent",
  "ruleChanged",
  "noWriter",
  "refused",
  "failed",
] as const;
export type KeptCause = (typeof keptCauses)[number];

/** A rule as it was when its run was asked for. */
export interface RunDeletion {
  rule: DeletionRule;
  hash: Sha256;
}

export interface DeletionCounts {
  deleted: number;
  /** Of a dry run: what would have been deleted. */
  wouldDelete: number;
  /** Of both, as Graph sent them. */
  bytes: number;
  notDeleted: Partial<Record<KeptCause, number>>;
  /** The first keys of both. */
  sample: string[];
  /** Exchange did not show retention policies for the whole organisation; the mailbox's own holds it did. */
  policiesUnread?: true;
  /** The last row of the catalog that is dealt with; absent before the first and after the last. */
  after?: string;
}

export const noDeletions = (): DeletionCounts => ({ deleted: 0, wouldDelete: 0, bytes: 0, notDeleted: {}, sample: [] });

const sampleSize = 20;

/** Pure: with what was deleted, or in a dry run would have been. */
export function withDeleted(
  counts: DeletionCounts,
  kind: "deleted" | "wouldDelete",
  messages: { key: string; size: number }[],
): DeletionCounts {
  return {
    ...counts,
    [kind]: counts[kind] + messages.length,
    bytes: counts.bytes + messages.reduce((sum, { size }) => sum + size, 0),
    sample: [...counts.sample, ...messages.map(({ key }) => key)].slice(0, sampleSize),
  };
}

/** Pure: with so many more left for this cause. */
export function withKept(counts: DeletionCounts, cause: KeptCause, count = 1): DeletionCounts {
  return { ...counts, notDeleted: { ...counts.notDeleted, [cause]: (counts.notDeleted[cause] ?? 0) + count } };
}

export function addDeletions(a: DeletionCounts, b: DeletionCounts): DeletionCounts {
  const { after: _, ...sum } = keptCauses.reduce((all, cause) => {
    const count = b.notDeleted[cause];
    return count === undefined ? all : withKept(all, cause, count);
  }, a);
  return {
    ...sum,
    deleted: a.deleted + b.deleted,
    wouldDelete: a.wouldDelete + b.wouldDelete,
    bytes: a.bytes + b.bytes,
    sample: [...a.sample, ...b.sample].slice(0, sampleSize),
    ...((a.policiesUnread || b.policiesUnread) && { policiesUnread: true as const }),
  };
}

export interface DeletionView {
  mode: "afterArchive";
  action: DeletionRule["action"];
  dryRun: boolean;
  /** `deleted` + `wouldDelete` + everything in `notDeleted`. */
  candidates: number;
  deleted: number;
  wouldDelete: number;
  bytes: number;
  notDeleted: Partial<Record<KeptCause, number>>;
  sample: string[];
  policiesUnread: boolean;
}

export function viewDeletion({ rule }: RunDeletion, counts: DeletionCounts): DeletionView {
  const { deleted, wouldDelete, bytes, notDeleted, sample } = counts;
  const kept = Object.values(notDeleted).reduce((sum, count) => sum + count, 0);
  const { mode, action, dryRun } = rule;
  return {
    mode,
    action,
    dryRun,
    candidates: deleted + wouldDelete + kept,
    deleted,
    wouldDelete,
    bytes,
    notDeleted,
    sample,
    policiesUnread: counts.policiesUnread ?? false,
  };
}
