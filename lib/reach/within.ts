// Waits for an answer no longer than a person would: what takes longer is a failure of its own, and goes on unheard.
import { MailkeepError } from "../core/errors.js";
import { type Clock, second, type Ticker } from "../core/time.js";

/** @throws MailkeepError `unavailable` (TIMEOUT) */
export async function within<T>(ms: number, answer: Promise<T>, deps: { clock: Clock; ticker: Ticker }): Promise<T> {
  const { clock, ticker } = deps;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const began = clock.monotonicMs();
  const stop = ticker.every(second, () => {
    if (clock.monotonicMs() - began < ms) return;
    reject(new MailkeepError("unavailable", `no answer within ${ms / second} seconds`, { reason: "TIMEOUT" }));
  });
  answer.catch(() => {}); // nobody may be listening any more when it fails
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop();
  }
}
