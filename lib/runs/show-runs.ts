// Runs as a person or a program asks for them: one, a list, its mailboxes; and the wish to cancel one.
import { MailkeepError } from "../core/errors.js";
import type { RunId } from "../core/ids.js";
import { nothingToCancel } from "../core/nothing-to-cancel.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { type SettingsView, viewSettings } from "../profiles/settings.js";
import { awake, waitOf } from "./blackout.js";
import { type CloseDeps, closeRun } from "./close-run.js";
import { changePart, changeRun, findRun, listParts, listRuns } from "./repo.js";
import { isOpen, type MailboxRun, type Run, summarize } from "./run.js";
import { settingsOfRun } from "./settings.js";
import { type MailboxRunView, type RunView, viewMailboxRun, viewRun } from "./view.js";

const notFound = (id: RunId) => new MailkeepError("not-found", `no run ${id}`, { reason: "RUN_NOT_FOUND" });

export async function showRun(id: RunId, rows: RowStore): Promise<RunView> {
  const run = (await findRun(rows, id))?.value;
  if (run === undefined) throw notFound(id);
  return withSums(run, rows);
}

/** A run that has ended carries its sums; an open one is summed up from its mailboxes. */
async function withSums(run: Run, rows: RowStore): Promise<RunView> {
  if (run.summary !== undefined) return viewRun(run, run.summary);
  const parts: MailboxRun[] = [];
  for await (const part of listParts(rows, run.id)) parts.push(part);
  return viewRun(run, summarize(parts), waitOf(parts));
}

export async function showRuns(request: PageRequest & { profile?: string }, rows: RowStore): Promise<Page<RunView>> {
  const { limit, after, profile } = request;
  const page = await onePage(ofProfile(listRuns(rows, after as RunId | undefined), profile), limit, ({ id }) => id);
  const value: RunView[] = [];
  for (const run of page.value) value.push(await withSums(run, rows));
  return { ...page, value };
}

async function* ofProfile(runs: AsyncIterable<Run>, profile: string | undefined): AsyncIterable<Run> {
  for await (const run of runs) if (profile === undefined || run.profile === profile) yield run;
}

export async function showMailboxRuns(
  id: RunId,
  { limit, after }: PageRequest,
  rows: RowStore,
): Promise<Page<MailboxRunView>> {
  const run = (await findRun(rows, id))?.value;
  if (run === undefined) throw notFound(id);
  const page = await onePage(listParts(rows, id, after), limit, ({ mailbox }) => mailbox);
  return { ...page, value: page.value.map((part) => viewMailboxRun(part, run.deletion)) };
}

/** What the profile said when the run was asked for, and what its overrides made of it. */
export async function showRunSettings(id: RunId, rows: RowStore): Promise<SettingsView> {
  const run = (await findRun(rows, id))?.value;
  if (run === undefined) throw notFound(id);
  return viewSettings(await settingsOfRun(run, rows));
}

/**
 * Mailboxes that wait are cancelled now; those at work commit what they have and stop within seconds. To ask again changes
 * nothing. @throws not-found (RUN_NOT_FOUND), conflict (RUN_ENDED) when it came to another end than this
 */
export async function cancelRun(id: RunId, deps: CloseDeps): Promise<RunView> {
  const { rows, clock } = deps;
  const run = await changeRun(rows, id, (current) => {
    if (current.status === "cancelled") return undefined;
    if (!isOpen(current.status)) throw nothingToCancel("run", current, "RUN_ENDED");
    const cancelled = { ...current, cancelRequested: true };
    // Nothing has begun: there is nobody who would notice later.
    if (current.startedAt !== undefined) return cancelled;
    return { ...cancelled, status: "cancelled" as const, endedAt: clock.now().toISOString() };
  });
  if (isOpen(run.status)) {
    for await (const part of listParts(rows, id))
      if (part.status === "pending" || part.status === "throttled") await cancelPart(part, deps);
    await closeRun(id, deps);
  }
  return showRun(id, rows);
}

async function cancelPart(part: MailboxRun, { rows, clock }: CloseDeps): Promise<void> {
  await changePart(rows, part.run, part.mailbox, (stored) =>
    stored.status === part.status
      ? { ...awake(stored), status: "cancelled", endedAt: clock.now().toISOString() }
      : undefined,
  );
}
