// Ties what is logged to the invocation that is running: the host then knows which function said it and how bad it is.

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout } from "node:timers/promises";
import { app as functions, type InvocationContext } from "@azure/functions";
import type { Level } from "../lib/adapters/console/log.js";
import { within } from "../lib/core/scope.js";
import type { Clock } from "../lib/core/time.js";
import type { Telemetry } from "../lib/ports/telemetry.js";

/** After the end of an invocation its context takes no more lines. */
interface Running {
  context: InvocationContext;
  isOver: boolean;
}

const invocations = new AsyncLocalStorage<Running>();
/** The functions that have begun and not ended. */
const inHand = new Set<Promise<unknown>>();

/** Every function of the app, whatever its trigger; what it logs carries the invocation's id. */
export function followInvocations(edges: { clock: Clock; telemetry?: Telemetry | undefined }): void {
  functions.hook.preInvocation((call) => {
    const { functionHandler, invocationContext: context } = call;
    call.functionHandler = async (...args) => {
      const running = { context, isOver: false };
      const began = edges.clock.monotonicMs();
      const work = invocations.run(running, async () => within(idsOf(context), () => functionHandler(...args)));
      inHand.add(work);
      let ended: { result: unknown } | undefined;
      try {
        ended = { result: await work };
        return ended.result;
      } finally {
        inHand.delete(work);
        running.isOver = true;
        const ms = Math.round(edges.clock.monotonicMs() - began);
        if (edges.telemetry !== undefined) tellCall(edges.telemetry, context, { ms, ended });
      }
    };
  });
}

/** A request or a timer is a span by its function's name; a queue message is one by its work item (lib/measure.ts). */
function tellCall(
  telemetry: Telemetry,
  context: InvocationContext,
  { ms, ended }: { ms: number; ended: { result: unknown } | undefined },
) {
  const { functionName: name, invocationId: invocation, traceContext } = context;
  const { type } = context.options.trigger;
  if (type === "queueTrigger") return;
  const { status, headers } = (ended?.result ?? {}) as { status?: number; headers?: Record<string, string> };
  const failed = ended === undefined || (status !== undefined && status >= 500);
  const kind = type === "httpTrigger" ? "server" : "internal";
  const fields = { invocation, function: name, status, request: headers?.["x-request-id"] };
  telemetry.ended({ name, kind, ms, failed, fields, parent: traceContext?.traceParent });
  telemetry.add("mailkeep.function.calls", 1, { function: name, status });
}

/** The id under which the host knows the function that is running. */
export const currentInvocation = (): string | undefined => invocations.getStore()?.context.invocationId;

/** The host's span of the function that is running, as W3C `traceparent`. */
export const currentTrace = (): string | undefined => invocations.getStore()?.context.traceContext?.traceParent;

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
