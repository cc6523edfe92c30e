// Exports as a person or a program asks for them: one, a list, its bytes, a link to them; and the wish to cancel one.
import { MailkeepError } from "../core/errors.js";
import type { ExportId } from "../core/ids.js";
import { nothingToCancel } from "../core/nothing-to-cancel.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import { type Clock, day, hour, minute } from "../core/time.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { WorkQueue } from "../ports/work-queue.js";
import { type Export, expiryOf, isOpen, resultName } from "./export.js";
import { exportItem, purgeExport, removeBlobs } from "./export-mail.js";
import { changeExport, findExport, listExports, notFound } from "./repo.js";
import { type ExportView, viewExport } from "./view.js";

export interface ShowDeps {
  rows: RowStore;
  exports: ExportStore;
  clock: Clock;
  log: Log;
}

export const showExports = async ({ limit, after }: PageRequest, rows: RowStore): Promise<Page<ExportView>> => {
  const page = await onePage(listExports(rows, after), limit, ({ id }) => id);
  return { ...page, value: page.value.map((value) => viewExport(value)) };
};

/** A link lives so long. */
const linkMs = hour;

/** With a fresh link to the zip where the store can give one. */
export async function showExport(id: ExportId, { rows, exports, clock, log }: ShowDeps): Promise<ExportView> {
  const value = await findExport(rows, id);
  if (value === undefined) throw notFound(id);
  if (value.result === undefined) return viewExport(value);
  const expiresAt = new Date(clock.now().getTime() + linkMs);
  const download = { contentType: "application/zip", fileName: fileNameOf(id) };
  const url = await exports.link(resultName(id), download, expiresAt).catch((error: unknown) => {
    // Without the right to sign links the zip can still be had from the API.
    log.warn("no link to an export", { export: id, code: error instanceof MailkeepError ? error.reason : undefined });
    return undefined;
  });
  return viewExport(value, url === undefined ? undefined : { url, expiresAt: expiresAt.toISOString() });
}

const fileNameOf = (id: ExportId): string => `mailkeep-${id}.zip`;

export interface OpenExport {
  body: AsyncIterable<Uint8Array>;
  fileName: string;
  size: number;
  sha256: string;
}

/** @throws MailkeepError `not-found` (EXPORT_NOT_FOUND), `conflict` (EXPORT_NOT_READY) */
export async function openExport(
  id: ExportId,
  { rows, exports }: Pick<ShowDeps, "rows" | "exports">,
): Promise<OpenExport> {
  const value = await findExport(rows, id);
  if (value === undefined) throw notFound(id);
  if (value.expiredAt !== undefined)
    throw new MailkeepError("not-found", `export ${id} was kept for 30 days; export again`, {
      reason: "EXPORT_EXPIRED",
    });
  if (value.result === undefined)
    throw new MailkeepError("conflict", `export ${id} is ${value.status}: there is nothing to download`, {
      reason: "EXPORT_NOT_READY",
    });
  const { body } = await exports.stream(resultName(id));
  return { body, fileName: fileNameOf(id), ...value.result };
}

/**
 * One that nobody has begun ends now; one at work stops at its next checkpoint, within seconds. To ask again changes nothing.
 * @throws not-found (EXPORT_NOT_FOUND), conflict (EXPORT_ENDED) when it came to another end than this
 */
export async function cancelExport(
  id: ExportId,
  { rows, clock }: Pick<ShowDeps, "rows" | "clock">,
): Promise<ExportView> {
  const now = clock.now().toISOString();
  const value = await changeExport(rows, id, (stored) => {
    if (stored.status === "cancelled") return undefined;
    if (!isOpen(stored.status)) throw nothingToCancel("export", stored, "EXPORT_ENDED");
    const cancelled: Export = { ...stored, cancelRequested: true };
    return stored.startedAt === undefined ? { ...cancelled, status: "cancelled", endedAt: now } : cancelled;
  });
  return viewExport(value);
}

/** Cancels it, if it is not done, and leaves nothing of it. @throws not-found (EXPORT_NOT_FOUND) */
export async function removeExport(
  id: ExportId,
  { rows, exports, clock }: Pick<ShowDeps, "rows" | "exports" | "clock">,
): Promise<void> {
  const endedAt = clock.now().toISOString();
  const value = await changeExport(rows, id, ({ result: _, ...stored }) => {
    const removed: Export = { ...stored, removeRequested: true };
    if (!isOpen(stored.status)) return removed;
    const cancelled: Export = { ...removed, cancelRequested: true };
    return stored.startedAt === undefined ? { ...cancelled, status: "cancelled", endedAt } : cancelled;
  });
  // One at work is cleared by whoever has it in hand.
  if (!isOpen(value.status)) await purgeExport(id, { rows, exports });
}

/** Each night: results that nobody fetched in time go; the row stays and says so. */
export async function removeExpired({
  rows,
  exports,
  clock,
}: Pick<ShowDeps, "rows" | "exports" | "clock">): Promise<void> {
  const now = clock.now().toISOString();
  for await (const value of listExports(rows)) {
    const expiry = expiryOf(value);
    if (expiry === undefined || expiry > now) continue;
    await removeBlobs(value.id, exports);
    await changeExport(rows, value.id, ({ result: _, ...stored }) => ({ ...stored, expiredAt: now }));
  }
}

/** Longer than any invocation lasts (host.json: functionTimeout 15 minutes): whoever had it in hand is dead. */
const abandonedAfterMs = 16 * minute;
/** Exports that have been open for longer are no longer looked after. */
const lookBackMs = 7 * day;

/** The timer's round: work that the queue has lost is sent again. */
export async function reviveExports({
  rows,
  queue,
  clock,
}: {
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
}): Promise<void> {
  const now = clock.now().getTime();
  for await (const { id, status, requestedAt, updatedAt } of listExports(rows)) {
    if (now - Date.parse(requestedAt) > lookBackMs) return;
    if (!isOpen(status) || now - Date.parse(updatedAt) < abandonedAfterMs) continue;
    await changeExport(rows, id, (stored) =>
      isOpen(stored.status) ? { ...stored, updatedAt: clock.now().toISOString() } : undefined,
    );
    await queue.send(exportItem(id));
  }
}
