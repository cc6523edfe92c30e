// Tries again what the error table says is worth another try.
import type { Random } from "../../core/ids.js";
import { type Clock, second } from "../../core/time.js";
import { type Answer, retryAfterMs } from "./answer.js";
import type { Call, Link } from "./call.js";
import { pauseFor } from "./cancel.js";
import { faultRules, type Retry, ruleFor, tries } from "./errors.js";
import { Fault } from "./fault.js";
import { backOffMs, longestWaitMs, throttled } from "./governor.js";

export interface Patience {
  clock: Clock;
  random: Random;
}

/** Reads the answer as well: one that does not say what was promised is a failed try like any other. */
export function retrying(patience: Patience): Link {
  return async (call, next) => {
    const spent = { failures: 0, pauses: 0 };
    for (;;) {
      const result = await attempt(call, next);
      if (!(result instanceof Fault) && result.ok) return result;
      const wait = nextWait(call, result, spent, patience);
      if (wait === undefined) {
        if (result instanceof Fault) throw result;
        return result;
      }
      if (wait > 0) await pauseFor(patience.clock, wait, call.signal);
    }
  };
}

async function attempt(call: Call, next: () => Promise<Answer>): Promise<Answer | Fault> {
  try {
    call.sent++;
    const answer = await next();
    if (answer.ok) answer.value = call.question.read(answer);
    return answer;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Milliseconds until the next try; undefined when this one was the last. @throws MailkeepError `throttled` */
function nextWait(
  call: Call,
  result: Answer | Fault,
  spent: { failures: number; pauses: number },
  { clock, random }: Patience,
): number | undefined {
  const retry = retryOf(call, result);
  const wish = result instanceof Fault ? undefined : retryAfterMs(result, clock.now());
  if (retry === "pause") {
    const ms = wish ?? backOffMs(spent.pauses);
    call.throttled++;
    call.throttledMs += ms;
    if (++spent.pauses >= mostTries(call, result, retry)) throw throttled(Math.max(ms, longestWaitMs));
    if (call.governor !== undefined) return 0; // it has heeded the answer already, for the whole mailbox
    if (ms > longestWaitMs) throw throttled(ms);
    return Math.max(ms, second);
  }
  if (++spent.failures >= mostTries(call, result, retry)) return undefined;
  if (wish !== undefined && wish > longestWaitMs) {
    call.governor?.pause(wish);
    throw throttled(wish);
  }
  return wish ?? jitteredMs(spent.failures, random);
}

function retryOf(call: Call, result: Answer | Fault): Retry {
  const isWrite = call.question.send !== undefined;
  if (result instanceof Fault) {
    // Without a connection nothing was sent. Whatever else broke may have broken after the write was done.
    return isWrite && result.kind !== "unreachable" ? "never" : faultRules[result.kind].retry;
  }
  const { retry } = ruleFor(result.status, result.code, call.question.where);
  return isWrite && retry !== "pause" ? "never" : retry;
}

function mostTries(call: Call, result: Answer | Fault, retry: Retry): number {
  const { slowTries, failureTries, mostTries: most = Number.POSITIVE_INFINITY } = call.question;
  const failures = retry === "pause" ? undefined : failureTries;
  // Another size is the better second try, and waiting for the same one again is what takes long.
  if ((slowTries ?? failureTries) !== undefined && isTimeout(result)) return 1;
  return Math.min(slowTries !== undefined && isTooMuch(result) ? slowTries : tries[retry], failures ?? most, most);
}

export const isTimeout = (result: Answer | Fault): boolean => result instanceof Fault && result.kind === "timeout";

/** Whether the other side choked on the size of what was asked, so that asking for less may help. */
export function isTooMuch(result: Answer | Fault): boolean {
  if (result instanceof Fault)
    return result.kind === "timeout" || result.kind === "malformed" || result.kind === "too-large";
  return result.status === 504;
}

/** 0.5 to 1 s before the second try, then twice as long each time. */
function jitteredMs(failures: number, random: Random): number {
  return second * 2 ** (failures - 1) * (0.5 + random.fraction() / 2);
}
