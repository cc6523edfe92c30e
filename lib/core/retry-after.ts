// How long the other side asks to be left alone.
import { second } from "./time.js";

/**
 * `Retry-After` in milliseconds, 0 or more, given as seconds or as an HTTP date (RFC 9110 section 10.2.3); undefined when absent
 * or unreadable. A date is of the other side's clock, which may be hours off ours: it counts from the answer's own `Date`.
 */
export function readRetryAfter({ retryAfter, date }: { retryAfter: string; date: string }, now: Date) {
  const text = retryAfter.trim();
  if (text === "") return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * second : Date.parse(text) - sentAt(date, now);
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

function sentAt(date: string, now: Date): number {
  const sent = Date.parse(date);
  return Number.isFinite(sent) ? sent : now.getTime();
}
