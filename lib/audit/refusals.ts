// Refusals, bounded: a stranger who knocks a million times must not fill the audit. For each subject and code the first of
// a minute are written one by one; the rest become one entry that says how many they were.
import { type Clock, minute, type Ticker } from "../core/time.js";
import type { AuditEvent } from "../ports/audit-trail.js";

/** Of one subject, for one reason, in one minute and one instance. */
export const mostInMinute = 30;
/** Beyond so many subjects a minute they are counted together. */
const mostSubjects = 1_000;

interface Minute {
  since: number;
  written: number;
  /** The last one that was not written, and how many were not. */
  held: AuditEvent | undefined;
  count: number;
}

export interface RefusalDeps {
  clock: Clock;
  ticker: Ticker;
  append(event: AuditEvent): Promise<void>;
}

export function boundedRefusals({ clock, ticker, append }: RefusalDeps) {
  const minutes = new Map<string, Minute>();
  let stopTicking: (() => void) | undefined;

  async function writeHeld(key: string, { held, count }: Minute): Promise<void> {
    minutes.delete(key);
    if (held !== undefined) await append({ ...held, count });
  }

  /** Ends the minutes that are over, or all of them. */
  async function flush(all = false): Promise<void> {
    const now = clock.now().getTime();
    const over = [...minutes].filter(([, { since }]) => all || now - since >= minute);
    for (const [key, one] of over) await writeHeld(key, one);
    if (minutes.size > 0) return;
    stopTicking?.();
    stopTicking = undefined;
  }

  async function refused(event: AuditEvent, failed: (error: unknown) => void): Promise<void> {
    const { key, subject } = keyOf(event, minutes);
    const now = clock.now().getTime();
    const open = minutes.get(key);
    if (open !== undefined && now - open.since >= minute) await writeHeld(key, open);
    const current = minutes.get(key) ?? { since: now, written: 0, held: undefined, count: 0 };
    minutes.set(key, current);
    stopTicking ??= ticker.every(minute, () => void flush().catch(failed));
    if (current.written < mostInMinute) {
      current.written++;
      return append({ ...event, subject });
    }
    current.held = { ...event, subject };
    current.count++;
  }

  return { refused, flush };
}

function keyOf({ subject, code }: AuditEvent, minutes: Map<string, Minute>): { key: string; subject: string } {
  const key = `${subject} ${code ?? ""}`;
  if (minutes.has(key) || minutes.size < mostSubjects) return { key, subject };
  return { key: "several", subject: "several" };
}
