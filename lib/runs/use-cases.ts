// What a person may ask of runs.
import type { RunId } from "../core/ids.js";
import type { Page, PageRequest } from "../core/page.js";
import type { SettingsView } from "../profiles/settings.js";
import type { CloseDeps } from "./close-run.js";
import { cancelRun, showMailboxRuns, showRun, showRunSettings, showRuns } from "./show-runs.js";
import type { MailboxRunView, RunView } from "./view.js";

export function runUseCases(edges: CloseDeps) {
  const { rows } = edges;
  return {
    list: (request: PageRequest & { profile?: string }): Promise<Page<RunView>> => showRuns(request, rows),
    get: (id: RunId): Promise<RunView> => showRun(id, rows),
    mailboxes: (id: RunId, request: PageRequest): Promise<Page<MailboxRunView>> => showMailboxRuns(id, request, rows),
    settings: (id: RunId): Promise<SettingsView> => showRunSettings(id, rows),
    cancel: (id: RunId): Promise<RunView> => cancelRun(id, edges),
  };
}
