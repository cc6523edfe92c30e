// A walk over the chain from its newest entry to its oldest, and what it finds on the way. Pure.
import { beginning, type ReadRow } from "./entry.js";
import type { AuditCheck, AuditDamage, AuditFinding, Place } from "./finding.js";

const mostKept = 100;

/** Stands in the chain for good where an instance found the row gone that names the end. */
export const headLostAction = "auditHeadLost";

export class Walk {
  entries = 0;
  readonly #findings: AuditFinding[] = [];
  /** Where each entry stands that is in its place. */
  readonly #places = new Map<string, number>();
  #count = 0;
  #first: Place | null = null;
  #last: Place | null = null;
  /** The number that must come next, and the hash that its successor names. */
  #next: number | undefined;
  #named: string | undefined;

  /** The newest number that was met. */
  get newest(): number {
    return this.#last?.seq ?? 0;
  }

  expectHead({ seq, hash }: { seq: number; hash: string }): void {
    this.#next = seq;
    this.#named = hash;
  }

  meet(row: ReadRow): void {
    const { seq, entry, hash, intact } = row;
    const isGap = this.#next !== undefined && seq !== this.#next;
    const named = isGap ? undefined : this.#named;
    if (entry === undefined) this.find("unreadable", seq, "this is no entry of the audit");
    else if (entry.seq !== seq) this.find("misplaced", seq, `the entry of number ${entry.seq} stands here`);
    else if (!intact || (named !== undefined && named !== hash))
      this.find("changed", seq, "this is not the text that was written");
    if (entry?.seq === seq) this.#look(seq, entry);
    if (isGap) this.#miss(seq + 1, this.#next ?? seq);
    const place = { seq, time: entry?.time ?? null, hash };
    this.#last ??= place;
    this.#first = place;
    this.#next = seq - 1;
    this.#named = entry?.seq === seq ? entry.previous : undefined;
    this.entries++;
  }

  #look(seq: number, { id, action }: { id: string; action: string }): void {
    const again = this.#places.get(id);
    if (again !== undefined) this.find("replayed", again, `this is entry ${seq} once more`);
    this.#places.set(id, seq);
    if (action === headLostAction) this.find("head-lost", seq, "the row that names the end of the chain was gone");
  }

  /** There are no more entries. */
  reachBeginning(): void {
    if (this.#next !== undefined && this.#next > 0) this.#miss(1, this.#next);
    else if (this.#next === 0 && this.#named !== undefined && this.#named !== beginning.hash)
      this.find("changed", 1, "the first entry names one before it");
  }

  #miss(from: number, to: number): void {
    const gone = from === to ? `entry ${from} is gone` : `entries ${from} to ${to} are gone`;
    if (from <= to) this.find(this.entries === 0 ? "truncated" : "missing", from, gone);
    // A number above what must come next is no gap: the head is older than its entries.
    else this.find("head-lost", from - 1, "the row that names the end is older than this entry");
  }

  find(code: AuditDamage, seq: number, detail: string): void {
    this.#count++;
    this.#findings.push({ code, seq, detail });
    // The walk goes back in time: what is found last stands first.
    if (this.#findings.length > mostKept) this.#findings.shift();
  }

  result({ complete, anchors }: { complete: boolean; anchors: number }): AuditCheck {
    const kept = [...this.#findings].sort((a, b) => a.seq - b.seq);
    return {
      intact: this.#count === 0,
      complete,
      entries: this.entries,
      first: this.#first,
      last: this.#last,
      anchors,
      firstBroken: kept[0] ?? null,
      findings: { count: this.#count, kept },
    };
  }
}
