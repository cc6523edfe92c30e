// Ties what is logged to the invocation that is running: the host then knows which function said it and how bad it is.

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout } from "node:timers/promises";
import { app as functions, type InvocationContext } from "@azure/functions";
import type { Level } from "../lib/adapters/console/log.js";
import { within } from "../lib/core/scope.js";

/** After the end of an invocation its context takes no more lines. */
interface Running {
  context: InvocationContext;
  isOver: boolean;
}

const invocations = new AsyncLocalStorage<Running>();
/** The functions that have begun and not ended. */
const inHand = new Set<Promise<unknown>>();

/** Every function of the app, whatever its trigger; what it logs carries the invocation's id. */
export function followInvocations(): void {
  functions.hook.preInvocation((call) => {
    const { functionHandler, invocationContext: context } = call;
    call.functionHandler = async (...args) => {
      const running = { context, isOver: false };
      const work = invocations.run(running, async () => within(idsOf(context), () => functionHandler(...args)));
      inHand.add(work);
      try {
        return await work;
      } finally {
        inHand.delete(work);
        running.isOver = true;
      }
    };
  });
}

/** The id under which the host knows the function that is running. */
export const currentInvocation = (): string | undefined => invocations.getStore()?.context.invocationId;

/** What a function answered is on its way to the host when it has ended; without it the host gives its message out again. */
const answersMs = 100;

/**
 * Resolves when no function is running any more, or after this time. The worker ends its process as soon as the app's hooks
 * for its end are through, whatever still runs (its src/eventHandlers/terminateWorker.ts).
 */
export async function workEnded(limitMs: number): Promise<void> {
  const over = new AbortController();
  const limit = setTimeout(limitMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([Promise.allSettled(inHand).then(() => setTimeout(answersMs)), limit]);
  over.abort();
}

/** The queue's own id of a message and how often it was handed out, where one was. */
function idsOf({ invocationId, triggerMetadata }: InvocationContext) {
  const { id, dequeueCount } = triggerMetadata ?? {};
  return {
    invocation: invocationId,
    ...(typeof id === "string" && { item: id }),
    ...(typeof dequeueCount === "number" && { attempt: dequeueCount }),
  };
}

/** Through the invocation's context while it lasts, so that it is found under it; else to the console. */
export function writeLine(level: Level, line: string): void {
  const running = invocations.getStore();
  if (running === undefined || running.isOver) console[level](line);
  else running.context[level](line);
}
