// An export in the hand of one worker: what it writes down counts only while nobody else has taken the export over.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ExportId, Random } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import { type Export, isOpen } from "./export.js";
import { changeExport } from "./repo.js";

export interface ExportDeps {
  rows: RowStore;
  blobs: BlobStore;
  exports: ExportStore;
  clock: Clock;
  random: Random;
  log: Log;
  /** How long one invocation works before it hands on to the next, in milliseconds. */
  budgetMs: number;
  /** How much is written between two checkpoints; a crash costs at most so much work. */
  stretch?: { messages: number; bytes: number };
}

export interface Hand {
  writer: string;
  /** As last written down. */
  value: Export;
  /**
   * Writes down how far the work has come.
   * @throws MailkeepError `cancelled` with EXPORT_TAKEN_OVER or EXPORT_CANCELLED
   */
  save(next: Export): Promise<void>;
  spentMs(): number;
  /** Whether it is time to hand on. */
  isOver(): boolean;
  deps: ExportDeps;
}

/** Undefined when there is nothing to do: it has ended, or never was. */
export async function takeInHand(id: ExportId, deps: ExportDeps): Promise<Hand | undefined> {
  const { rows, clock, random, budgetMs } = deps;
  const writer = random.hex(16);
  const begun = clock.monotonicMs();
  const taken = await take(id, writer, deps);
  if (taken?.writer !== writer) return undefined;
  const hand: Hand = {
    writer,
    value: taken,
    deps,
    spentMs: () => clock.monotonicMs() - begun,
    isOver: () => hand.spentMs() >= budgetMs,
    async save(next) {
      const saved = await changeExport(rows, id, (stored) =>
        stored.writer === writer && isOpen(stored.status)
          ? { ...next, ...wishesOf(stored), updatedAt: clock.now().toISOString() }
          : undefined,
      );
      if (saved.writer !== writer || !isOpen(saved.status)) throw stopped("EXPORT_TAKEN_OVER");
      hand.value = saved;
      if (saved.cancelRequested) throw stopped("EXPORT_CANCELLED");
    },
  };
  return hand;
}

/** What others may have written while we worked. */
const wishesOf = ({ cancelRequested, removeRequested }: Export): Partial<Export> => ({
  cancelRequested,
  ...(removeRequested && { removeRequested }),
});

const stopped = (reason: "EXPORT_TAKEN_OVER" | "EXPORT_CANCELLED") =>
  new MailkeepError("cancelled", "this worker has nothing more to do with the export", { reason });

async function take(id: ExportId, writer: string, { rows, clock }: ExportDeps): Promise<Export | undefined> {
  const now = clock.now().toISOString();
  try {
    return await changeExport(rows, id, (stored) =>
      isOpen(stored.status)
        ? { ...stored, writer, status: "running", startedAt: stored.startedAt ?? now, updatedAt: now }
        : undefined,
    );
  } catch (error) {
    if (isMailkeepError(error, "not-found") && error.reason === "EXPORT_NOT_FOUND") return undefined;
    throw error;
  }
}
