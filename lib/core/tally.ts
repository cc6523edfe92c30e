// Counts that must add up: everything seen is stored, known, gone, skipped or quarantined.

export interface Tally {
  /** Messages that Graph reported as present. */
  seen: number;
  /** Committed to the archive. */
  stored: number;
  /** Already in the archive. */
  known: number;
  /** Left the mailbox between being listed and being fetched. */
  gone: number;
  /** Not wanted by the profile, each with its cause. */
  skipped: number;
  /** Owed another try, or given up; each named in the quarantine. */
  quarantined: number;
}

export const emptyTally = (): Tally => ({ seen: 0, stored: 0, known: 0, gone: 0, skipped: 0, quarantined: 0 });

export function addTally(a: Tally, b: Tally): Tally {
  const sum = emptyTally();
  for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] = a[name] + b[name];
  return sum;
}

/** What was seen and is not accounted for; must be 0 whenever a run ends. */
export function unaccounted(tally: Tally): number {
  return tally.seen - tally.stored - tally.known - tally.gone - tally.skipped - tally.quarantined;
}
