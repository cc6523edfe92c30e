// What the log may hear of an error.
import { isMailkeepError } from "./errors.js";
import type { ScopeFields } from "./scope.js";

/**
 * Our own errors by their words; of any other its kind and where it arose: its message may quote what it stumbled over, and
 * that may be mail.
 */
export function told(error: unknown): ScopeFields {
  if (isMailkeepError(error)) {
    const { code, reason, message, requestId } = error;
    return { code, reason, message, requestId };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const at = frames.slice(0, 8).map((line) => line.trim());
  return { error: error.name, at: at.join(" | ") };
}
