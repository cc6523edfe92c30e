// What the writer has been told of messages and the catalog may not know yet: uncommitted work counts in every decision.
import type { Known } from "../catalog/known.js";
import type { ImmutableId } from "../core/ids.js";

/** A first archive of a mailbox needs no lookups as long as all it stored fits here. */
const retainedMessages = 20_000;

export interface Recent {
  find(id: ImmutableId): Entry | undefined;
  put(id: ImmutableId, entry: Entry): void;
  /** Takes a `put` back: what the message was before, if anything. */
  putBack(id: ImmutableId, before: Entry | undefined): void;
  /** The catalog holds the batch now. */
  committed(batch: number): void;
  /** Whether what is not in here is not in the archive either. */
  readonly isAll: boolean;
}

export interface Entry {
  known: Known;
  /** The batch that carries the latest of it. */
  batch: number;
}

export function openRecent(archiveIsEmpty: boolean): Recent {
  const entries = new Map<ImmutableId, Entry>();
  let isAll = archiveIsEmpty;
  return {
    find: (id) => entries.get(id),
    put: (id, entry) => void entries.set(id, entry),
    putBack(id, before) {
      if (before === undefined) entries.delete(id);
      else entries.set(id, before);
    },
    committed(batch) {
      if (isAll && entries.size <= retainedMessages) return;
      isAll = false;
      for (const [id, entry] of entries) if (entry.batch <= batch) entries.delete(id);
    },
    get isAll() {
      return isAll;
    },
  };
}
