// One way to say that the archive does not hold what it says it holds.
import { isMailkeepError, MailkeepError } from "../core/errors.js";

export function archiveCorrupt(message: string, cause?: unknown): MailkeepError {
  return new MailkeepError("corrupt", message, { reason: "ARCHIVE_CORRUPT", cause });
}

/**
 * What a failed read of something that was committed means: a missing blob and broken bytes are damage, anything else is
 * only a failed read.
 */
export function asDamage(subject: string, error: unknown): unknown {
  if (!isMailkeepError(error, "not-found", "corrupt") || error.reason === "ARCHIVE_CORRUPT") return error;
  return archiveCorrupt(`${subject} is damaged: ${error.message}`, error);
}
