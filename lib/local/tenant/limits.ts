// Outlook's limits per app and mailbox: 4 requests in flight and 10,000 in 10 minutes
// (https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits).
import { type Answer, graphError } from "./answer.js";

export const maxInFlight = 4;
const maxPerWindow = 10_000;
export const windowMs = 600_000;

export class MailboxGate {
  inFlight = 0;
  maxInFlightSeen = 0;
  concurrencyViolations = 0;
  windowViolations = 0;
  private readonly perSecond = new Map<number, number>();
  private inWindow = 0;

  /** Counts a request in. Undefined: it may go on, and `leave` must follow. An answer: refused, nothing to leave. */
  enter(nowMs: number, enforce: boolean): Answer | undefined {
    this.count(nowMs);
    if (this.inFlight >= maxInFlight) {
      this.concurrencyViolations++;
      if (enforce) return throttled("Application is over its MailboxConcurrency limit.", 1);
    }
    if (this.inWindow > maxPerWindow) {
      this.windowViolations++;
      if (enforce) return throttled("Application is over its request limit for this mailbox.", 30);
    }
    this.inFlight++;
    this.maxInFlightSeen = Math.max(this.maxInFlightSeen, this.inFlight);
    return undefined;
  }

  leave(): void {
    this.inFlight--;
  }

  forgetCounts(): void {
    this.maxInFlightSeen = this.inFlight;
    this.concurrencyViolations = 0;
    this.windowViolations = 0;
  }

  private count(nowMs: number): void {
    const slot = Math.floor(nowMs / 1000);
    for (const [second, count] of this.perSecond) {
      if (second > slot - windowMs / 1000) break;
      this.perSecond.delete(second);
      this.inWindow -= count;
    }
    this.perSecond.set(slot, (this.perSecond.get(slot) ?? 0) + 1);
    this.inWindow++;
  }
}

function throttled(message: string, retryAfterSeconds: number): Answer {
  const answer = graphError(429, "ApplicationThrottled", message);
  answer.headers["retry-after"] = String(retryAfterSeconds);
  return answer;
}
