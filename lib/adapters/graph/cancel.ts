// Waiting that ends at once when the caller aborts.
import { MailkeepError } from "../../core/errors.js";
import type { Clock } from "../../core/time.js";

export function cancelled(signal: AbortSignal | undefined): MailkeepError {
  return new MailkeepError("cancelled", "the work was called off", { cause: signal?.reason });
}

/** @throws MailkeepError `cancelled` */
export async function pauseFor(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw cancelled(signal);
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : error;
  }
}

/** The promise's result, unless the signal comes first. @throws MailkeepError `cancelled` */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) throw cancelled(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(cancelled(signal));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
