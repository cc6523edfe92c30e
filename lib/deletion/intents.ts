// The write order of a deletion: intent (committed) → mailbox → receipt. Whoever finds an intent without an end asks the
// mailbox what became of it.
import type { Applied } from "../catalog/messages.js";
import { applyRecord } from "../catalog/replay.js";
import { intentsAfter } from "../catalog/rows.js";
import { isMailkeepError } from "../core/errors.js";
import type { FolderId, ImmutableId, MailboxId, RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { Deleting } from "../ledger/deletion.js";
import { appendRecord } from "../ledger/journal.js";
import { type LedgerEvent, type LedgerRecord, program } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { RowStore } from "../ports/row-store.js";
import { allAnswers } from "./all-answers.js";

export type Intent = Extract<LedgerEvent, { kind: "deleting" }>;
export type Receipt = Extract<LedgerEvent, { kind: "deleted" }>;

export interface Journal {
  readonly applied: Applied;
  /** Somebody else, of this same worker, has committed up to here. */
  goOnFrom(applied: Applied): void;
  /** Commits events as one record and applies it. @throws conflict when another worker has this number */
  commit(events: LedgerEvent[]): Promise<LedgerRecord>;
}

export function openJournal(
  start: Applied,
  place: { mailbox: MailboxId; run: RunId; assertOurs(): void },
  { blobs, rows, clock }: { blobs: BlobStore; rows: RowStore; clock: Clock },
): Journal {
  const { mailbox, run, assertOurs } = place;
  let applied = start;
  return {
    get applied() {
      return applied;
    },
    goOnFrom(after) {
      applied = after;
    },
    async commit(events) {
      assertOurs();
      const record: LedgerRecord = {
        format: "mailkeep-ledger",
        formatVersion: 1,
        mailbox,
        seq: applied.head.seq + 1,
        previous: applied.head.sha256,
        pack: null,
        stored: [],
        events,
        cursors: [],
        run,
        time: clock.now().toISOString(),
        program,
      };
      const head = await appendRecord(blobs, record);
      assertOurs();
      applied = await applyRecord({ record, head }, applied, new Map(), rows);
      return record;
    },
  };
}

/** Intents of this mailbox that nothing has ended yet, whichever run they were of. */
export async function openIntents(rows: RowStore, mailbox: MailboxId): Promise<Intent[]> {
  const found: Intent[] = [];
  for await (const { values } of rows.scan("messages", mailbox, intentsAfter)) found.push(Deleting.parse(values));
  return found;
}

/** The folders where deleted mail goes. */
export interface DeletedPlaces {
  deletedItems: FolderId | undefined;
  recoverable: ReadonlySet<FolderId>;
}

const recoverableNames = ["recoverableitemsdeletions", "recoverableitemspurges"];

export async function deletedPlaces(reader: MailboxReader): Promise<DeletedPlaces> {
  const [deletedItems, ...recoverable] = await allAnswers(
    ["deleteditems", ...recoverableNames].map(async (name) => (await reader.wellKnownFolder(name)).id),
  );
  return { deletedItems, recoverable: new Set(recoverable.filter((id) => id !== undefined)) };
}

/**
 * What became of an intent whose worker died: the mailbox is asked. Undefined when it cannot be told now.
 * @throws what concerns the whole mailbox
 */
export async function endOf(
  intent: Intent,
  { reader, places, now }: { reader: MailboxReader; places: DeletedPlaces; now: Date },
): Promise<LedgerEvent | undefined> {
  const { key, receivedAt, id, folderId } = intent;
  try {
    const facts = await reader.message(id as ImmutableId);
    const isGone = facts === undefined;
    if (!isGone && facts.folderId === undefined) return undefined;
    const movedAway = !isGone && facts.folderId !== folderId;
    const isDeleted =
      isGone ||
      (movedAway && (facts.folderId === places.deletedItems || places.recoverable.has(facts.folderId as FolderId)));
    if (isDeleted) return { ...receiptOf(intent, { at: now, places }), found: true };
    return { kind: "kept", key, receivedAt, cause: movedAway ? "changed" : "interrupted" };
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "too-large", "unavailable")) throw error;
    return undefined;
  }
}

export function receiptOf(intent: Intent, { at, places }: { at: Date; places: DeletedPlaces }): Receipt {
  const { kind: _, folderId: __, ...same } = intent;
  const to = intent.action === "permanentDelete" ? undefined : places.deletedItems;
  return { ...same, kind: "deleted", at: at.toISOString(), ...(to !== undefined && { to }) };
}
