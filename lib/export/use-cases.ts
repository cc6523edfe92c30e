// What may be asked of exports, put together from its parts.
import type { ExportId } from "../core/ids.js";
import type { Page, PageRequest } from "../core/page.js";
import { minute } from "../core/time.js";
import { exportItem, exportMail, failExport } from "./export-mail.js";
import type { ExportDeps } from "./hand.js";
import { type RequestDeps, requestExport } from "./request-export.js";
import type { ExportInput } from "./selection.js";
import {
  cancelExport,
  type OpenExport,
  openExport,
  removeExpired,
  removeExport,
  reviveExports,
  showExport,
  showExports,
} from "./show-exports.js";
import { type ExportView, viewExport } from "./view.js";

/** An invocation works this long, well inside host.json's functionTimeout of 15 minutes, and then hands on. */
const invocationBudgetMs = 8 * minute;

export function exportUseCases(edges: Omit<ExportDeps, "budgetMs"> & RequestDeps) {
  const { rows, queue } = edges;
  return {
    list: (request: PageRequest): Promise<Page<ExportView>> => showExports(request, rows),
    get: (id: ExportId): Promise<ExportView> => showExport(id, edges),
    create: async (input: ExportInput): Promise<ExportView> => viewExport(await requestExport(input, edges)),
    cancel: (id: ExportId): Promise<ExportView> => cancelExport(id, edges),
    remove: (id: ExportId): Promise<void> => removeExport(id, edges),
    nightly: (): Promise<void> => removeExpired(edges),
    content: (id: ExportId): Promise<OpenExport> => openExport(id, edges),
    /** One invocation's work on an export, and the next one's item. */
    async work(id: ExportId): Promise<void> {
      const step = await exportMail(id, { ...edges, budgetMs: invocationBudgetMs });
      if (step.kind === "again") await queue.send(exportItem(id), { delayMs: step.delayMs });
    },
    poison: (id: ExportId): Promise<void> => failExport(id, poisoned, edges),
    /** Sends work again that the queue has lost. */
    tidy: (): Promise<void> => reviveExports(edges),
  };
}

const poisoned = {
  code: "WORK_ITEM_POISONED",
  message: "the work failed again and again; the log says how; mend the cause and export again",
};
