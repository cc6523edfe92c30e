// What keeps one folder shut, and stops no other.
import { isMailkeepError, type MailkeepError } from "../core/errors.js";

/** What the mailbox refused of one folder; every other fault, of our storage above all, ends the session. */
export class UnreadableFolder extends Error {
  constructor(readonly fault: MailkeepError) {
    super(fault.message, { cause: fault });
  }
}

/** To be used around what the mailbox is asked, never around what our storage is. */
export function folderFault(error: unknown): unknown {
  const isOfFolder = isMailkeepError(error, "unavailable", "forbidden", "invalid", "too-large", "not-found");
  return isOfFolder ? new UnreadableFolder(error) : error;
}
