// Collects what is to be archived, seals a batch when it is full, and commits batch after batch while the next one fills.

import type { Known } from "../catalog/known.js";
import type { Applied } from "../catalog/messages.js";
import { lookUp } from "../catalog/messages.js";
import { knownOf } from "../catalog/rows.js";
import type { ImmutableId } from "../core/ids.js";
import type { CursorMark, LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { Unplaced } from "../pack/manifest.js";
import { type Batch, openBatch } from "./batch.js";
import { type CommitDeps, type CommitPlace, commit } from "./commit.js";
import { knownAfter } from "./decide.js";

/** What one commit added. */
export interface Committed {
  record: LedgerRecord | undefined;
  known: number;
  applied: Applied;
}

export interface WriterHooks {
  /** Throws when nothing may be written any more. */
  beforeCommit(): void;
  /** After each commit, before the next one begins. */
  onCommit(committed: Committed): Promise<void>;
  /** A commit failed; nothing more will be. */
  onFailure(error: unknown): void;
}

export interface ArchiveWriter {
  /** What the archive knows of a message, uncommitted work included. */
  lookUp(id: ImmutableId): Promise<Known | undefined>;
  store(message: Unplaced, skeleton: Uint8Array): Promise<void>;
  /** Events of one message whose state is `known`, or of none. */
  note(events: LedgerEvent[], about?: { id: ImmutableId; known: Known }): Promise<void>;
  /** A page is dealt with: its link may be saved with the next commit. */
  mark(mark: CursorMark, known: number): void;
  /** Messages collected and not committed yet. */
  waiting(): number;
  /** Commits everything; rejects with the first failure of any commit. */
  flush(): Promise<void>;
}

/** A first archive of a mailbox needs no lookups as long as all it stored fits here. */
const retainedMessages = 20_000;

export function openWriter(start: Applied, place: CommitPlace, deps: CommitDeps, hooks: WriterHooks): ArchiveWriter {
  let applied = start;
  let batch = openBatch(deps.clock);
  let batchNumber = 1;
  let committing: Promise<void> = Promise.resolve();
  const recent = new Map<ImmutableId, { known: Known; batch: number }>();
  let sealedMessages = 0;
  let recentIsAll = start.head.seq === 0;

  async function commitOne(full: Batch, number: number): Promise<void> {
    const contents = await full.seal();
    hooks.beforeCommit();
    const done = await commit(contents, applied, place, deps);
    applied = done.applied;
    sealedMessages -= contents.stored.length;
    forget(number);
    await hooks.onCommit({ record: done.record, known: contents.known, applied });
  }

  function forget(number: number): void {
    if (recentIsAll && recent.size <= retainedMessages) return;
    recentIsAll = false;
    for (const [id, entry] of recent) if (entry.batch <= number) recent.delete(id);
  }

  /** Starts the commit of the batch so far. Resolves when the commit before it is through: two batches at most wait. */
  function seal(): Promise<void> {
    const full = batch;
    const number = batchNumber++;
    sealedMessages += full.messages;
    batch = openBatch(deps.clock);
    const before = committing;
    committing = before.then(() => commitOne(full, number));
    committing.catch(hooks.onFailure);
    return before;
  }

  const sealIfFull = async () => {
    if (batch.full) await seal();
  };

  return {
    async lookUp(id) {
      const entry = recent.get(id);
      if (entry !== undefined) return entry.known;
      return recentIsAll ? undefined : lookUp(deps.rows, place.mailbox, id);
    },
    async store(message, skeleton) {
      const id = message.id as ImmutableId;
      const number = batchNumber;
      const added = batch.addMessage(message, skeleton);
      recent.set(id, { known: knownOf(message, place.run), batch: number });
      await added;
      await sealIfFull();
    },
    async note(events, about) {
      if (events.length === 0) return;
      batch.addEvents(events);
      if (about) recent.set(about.id, { known: knownAfter(about.known, events), batch: batchNumber });
      await sealIfFull();
    },
    mark(mark, known) {
      batch.addMark(mark);
      batch.addKnown(known);
    },
    waiting: () => sealedMessages + batch.messages,
    async flush() {
      if (!batch.empty) void seal().catch(() => {});
      await committing;
    },
  };
}
