// What only an administrator of the tenant can mend: not one mailbox, but the app's rights as a whole.
import type { RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { isAnybodyReadable } from "../mailboxes/access.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { MailboxRun, Problem } from "./run.js";

/** An alert asks for this event by its name (infra/modules/alerts.bicep). */
export function raiseAlarm(
  log: Log,
  { run, reason, mailboxes }: { run: RunId; reason: string; mailboxes: number },
): void {
  log.error("configuration alarm", { run, reason, mailboxes });
}

/**
 * Every mailbox of the run is refused: then it is no mailbox's fault. Of a run with a single mailbox that can only be said
 * if no other one could be read lately.
 */
export async function deniedEverywhere(
  parts: MailboxRun[],
  { rows, clock }: { rows: RowStore; clock: Clock },
): Promise<Problem | undefined> {
  const asked = parts.filter(({ status }) => status !== "excluded");
  if (asked.length === 0 || !asked.every(({ status, refused }) => status === "failed" && refused === true))
    return undefined;
  if (asked.length === 1 && (await isAnybodyReadable(rows, clock.now()))) return undefined;
  const message = `all ${asked.length} mailboxes of the run are refused to the app; POST /profiles/{id}/test says which right is missing`;
  return { code: "ACCESS_DENIED_EVERYWHERE", message };
}
