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
  if (asked.length > 0 && asked.every(({ status, tokenRefused }) => status === "failed" && tokenRefused === true))
    return tokenRefusedEverywhere(asked);
  if (asked.length === 0 || !asked.every(({ status, refused }) => status === "failed" && refused === true))
    return undefined;
  if (asked.length === 1 && (await isAnybodyReadable(rows, clock.now()))) return undefined;
  const message = `all ${asked.length} mailboxes of the run are refused to the app; POST /profiles/{id}/test says which right is missing`;
  return { code: "ACCESS_DENIED_EVERYWHERE", message };
}

/** One thing is to be mended, however many mailboxes it keeps shut. */
function tokenRefusedEverywhere(asked: MailboxRun[]): Problem {
  const [first] = asked;
  const whose = asked.length === 1 ? "the only mailbox of the run" : `all ${asked.length} mailboxes of the run`;
  const message = `Microsoft 365 refuses the token of the connection (401 ${first?.reason ?? ""}) for ${whose}, a fresh one each time; POST /connections/{id}/test says what is wrong with it`;
  return { code: "TOKEN_REFUSED_EVERYWHERE", message };
}
