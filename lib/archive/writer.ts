// Collects what is to be archived, seals a batch when it is full, and commits batch after batch while the next one fills.

import type { Known } from "../catalog/known.js";
import type { Applied } from "../catalog/messages.js";
import { lookUp } from "../catalog/messages.js";
import { knownOf } from "../catalog/rows.js";
import type { ImmutableId } from "../core/ids.js";
import type { CursorMark, LedgerEvent, LedgerRecord } from "../ledger/record.js";
import type { Unplaced } from "../pack/manifest.js";
import type { PackLimits } from "../pack/writer.js";
import { type Batch, batchMessages, openBatch } from "./batch.js";
import { type CommitDeps, type CommitPlace, commit } from "./commit.js";
import { knownAfter } from "./decide.js";
import { openRecent } from "./recent.js";

/** What one commit added. */
export interface Committed {
  record: LedgerRecord | undefined;
  known: number;
  applied: Applied;
}

export interface WriterHooks {
  /** Nothing is committed before this; its failure is that of the first commit. */
  after?: Promise<void>;
  /** After each commit, before the next one begins. */
  onCommit(committed: Committed): void;
  /** A commit failed; nothing more will be. */
  onFailure(error: unknown): void;
}

export interface ArchiveWriter {
  /** What the archive knows of a message, uncommitted work included. */
  lookUp(id: ImmutableId): Promise<Known | undefined>;
  store(message: Unplaced, skeleton: Uint8Array): Promise<void>;
  /** Events of one message whose state is `known`, or of none. */
  note(events: LedgerEvent[], about?: { id: ImmutableId; known: Known }): Promise<void>;
  /** A page is dealt with: its link may be saved with the next commit, together with what was set aside of it. */
  mark(mark: CursorMark, known: number, aside: LedgerEvent[]): void;
  /** The same where no link is to be saved: how many messages were in the archive already, and what was set aside. */
  count(known: number, aside: LedgerEvent[]): void;
  /** Resolves when more may be collected: whoever brings much without downloading anything waits for it. */
  room(): Promise<void>;
  /** Messages collected and not committed yet. */
  waiting(): number;
  /** Commits everything; rejects with the first failure of any commit. */
  flush(): Promise<void>;
}

export interface WriterDeps extends CommitDeps {
  /** How large a pack may grow just now, in bytes. */
  packBytes(): number;
  /** About how many messages will be stored, as the folders say. */
  expected: number;
}

export function openWriter(start: Applied, place: CommitPlace, deps: WriterDeps, hooks: WriterHooks): ArchiveWriter {
  let applied = start;
  let taken = 0;
  let batch = openBatch(deps.clock, limitsOf({ mailbox: place.mailbox, taken }, deps));
  let batchNumber = 1;
  let committing: Promise<void> = hooks.after ?? Promise.resolve();
  /** The commit that has to be through before the open batch may grow. */
  let room: Promise<void> = Promise.resolve();
  const recent = openRecent(start.head.seq === 0);
  const sealed = new Set<Batch>();

  async function commitOne(full: Batch, number: number): Promise<void> {
    const contents = await full.seal();
    const done = await commit(contents, applied, place, deps);
    applied = done.applied;
    sealed.delete(full);
    recent.committed(number);
    hooks.onCommit({ record: done.record, known: contents.known, applied });
  }

  /** Starts the commit of the batch so far; the next one takes nothing before the commit ahead of it is through. */
  function seal(): void {
    const full = batch;
    const number = batchNumber++;
    sealed.add(full);
    taken += full.messages;
    batch = openBatch(deps.clock, limitsOf({ mailbox: place.mailbox, taken }, deps));
    room = committing;
    committing = committing.then(() => commitOne(full, number));
    committing.catch(hooks.onFailure);
  }

  /** Resolves when the open batch may grow: at most two are not committed, whatever the storage takes its time for. */
  const roomToGrow = () => throughWith(() => room);

  /**
   * A record does not say what came first, a message it stores or an event. So what follows something else of the same
   * message, and would be undone by it, goes into the next record.
   */
  const setApart = (id: string) => {
    if (recent.find(id as ImmutableId)?.batch === batchNumber) seal();
  };

  const collect = (events: LedgerEvent[]) => {
    batch.addEvents(events);
    if (events.length > 0 && batch.full) seal();
  };

  return {
    lookUp: async (id) => recent.find(id)?.known ?? (recent.isAll ? undefined : lookUp(deps.rows, place.mailbox, id)),
    async store(message, skeleton) {
      const id = message.id as ImmutableId;
      setApart(id);
      await roomToGrow();
      const before = recent.find(id);
      const added = batch.addMessage(message, skeleton);
      recent.put(id, { known: knownOf(message, place.run), batch: batchNumber });
      await added.catch((error: unknown) => {
        recent.putBack(id, before);
        throw error;
      });
      if (batch.full) seal();
    },
    async note(events, about) {
      if (events.length === 0) return;
      for (const event of events) if (event.kind === "quarantined") setApart(event.id);
      await roomToGrow();
      if (about) recent.put(about.id, { known: knownAfter(about.known, events), batch: batchNumber });
      collect(events);
    },
    mark(mark, known, aside) {
      batch.addMark(mark);
      this.count(known, aside);
    },
    count(known, aside) {
      batch.addKnown(known);
      collect(aside);
    },
    room: roomToGrow,
    waiting: () => [...sealed, batch].reduce((sum, { messages }) => sum + messages, 0),
    async flush() {
      if (!batch.empty) seal();
      await committing;
    },
  };
}

/** Waits for the latest, and for whatever became the latest meanwhile. */
async function throughWith(latest: () => Promise<void>): Promise<void> {
  for (let awaited: Promise<void> | undefined; awaited !== latest(); ) {
    awaited = latest();
    await awaited;
  }
}

const limitsOf = (so: { mailbox: string; taken: number }, { expected, packBytes }: WriterDeps): PackLimits => ({
  messages: batchMessages({ ...so, expected }),
  get targetBytes() {
    return packBytes();
  },
});
