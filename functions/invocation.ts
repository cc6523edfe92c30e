// Ties what is logged to the invocation that is running: the host then knows which function said it and how bad it is.

import { AsyncLocalStorage } from "node:async_hooks";
import { app as functions, type InvocationContext } from "@azure/functions";
import type { Level } from "../lib/adapters/console/log.js";
import { within } from "../lib/core/scope.js";

/** After the end of an invocation its context takes no more lines. */
interface Running {
  context: InvocationContext;
  isOver: boolean;
}

const invocations = new AsyncLocalStorage<Running>();

/** Every function of the app, whatever its trigger; what it logs carries the invocation's id. */
export function followInvocations(): void {
  functions.hook.preInvocation((call) => {
    const { functionHandler, invocationContext: context } = call;
    call.functionHandler = async (...args) => {
      const running = { context, isOver: false };
      try {
        return await invocations.run(running, () => within(idsOf(context), () => functionHandler(...args)));
      } finally {
        running.isOver = true;
      }
    };
  });
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
