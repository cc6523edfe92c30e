// Pure: an export as the API shows it.
import { type Amount, type Export, type ExportStatus, expiryOf, type Gap, resultName } from "./export.js";

export interface ExportView {
  id: string;
  format: Export["format"];
  status: ExportStatus;
  /** What it is at; null once it has ended. */
  phase: "planning" | "writing" | "readingBack" | null;
  asked: Export["asked"];
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  cancelRequested: boolean;
  /** Known when planning has ended. */
  planned: Amount;
  exported: Amount;
  notExported: { count: number; first: Gap[] };
  problem: { code: string; message: string } | null;
  result: { blob: string; size: number; sha256: string } | null;
  /** When the result is, or was, removed. */
  expiresAt: string | null;
  /** An address that needs no further right; null where the store gives none. */
  link: { url: string; expiresAt: string } | null;
}

const phases = { plan: "planning", write: "writing", hash: "readingBack" } as const;

export function viewExport(value: Export, link?: ExportView["link"]): ExportView {
  const { id, format, status, asked, requestedAt, cancelRequested, planned, written, result } = value;
  return {
    id,
    format,
    status,
    phase: value.endedAt === undefined ? phases[value.phase] : null,
    asked,
    requestedAt,
    startedAt: value.startedAt ?? null,
    endedAt: value.endedAt ?? null,
    cancelRequested,
    planned,
    exported: written,
    notExported: { count: value.gapCount, first: value.gaps },
    problem: value.problem ?? null,
    result: result === undefined ? null : { blob: resultName(id), ...result },
    expiresAt: expiryOf(value) ?? value.expiredAt ?? null,
    link: link ?? null,
  };
}
