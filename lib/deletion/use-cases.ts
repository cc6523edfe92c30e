// What the API asks of deletions.
import { MailkeepError } from "../core/errors.js";
import type { RunId } from "../core/ids.js";
import type { Page, PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { findRun } from "../runs/repo.js";
import { type DeletionEntry, showDeletions } from "./listing.js";

export function deletionUseCases({ rows }: { rows: RowStore }) {
  return {
    /** What a run deleted, would have deleted, or left for a cause that is worth a look. */
    async list(run: RunId, request: PageRequest): Promise<Page<DeletionEntry>> {
      if ((await findRun(rows, run)) === undefined)
        throw new MailkeepError("not-found", `no run ${run}`, { reason: "RUN_NOT_FOUND" });
      return showDeletions(rows, run, request);
    },
  };
}
