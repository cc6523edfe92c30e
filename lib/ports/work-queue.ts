/**
 * Where work waits. Delivery is at least once and in no order.
 * Errors: `too-large` (over 48 KiB of UTF-8), `forbidden`, `unavailable`.
 */
export interface WorkQueue {
  /** `delayMs` (at most 7 days) hides the item until then. */
  send(item: string, options?: { delayMs?: number }): Promise<void>;
}
