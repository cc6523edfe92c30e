// Rings every minute: schedules that are due, runs that have ended, work that was lost.
import { app as functions } from "@azure/functions";
import type { App } from "../../lib/app.js";

/**
 * One timer for both: on Flex Consumption every timer is an execution of at least a second on an instance of its own, and two
 * of them every minute would cost a small tenant more than its mail does (infra/COST.md).
 */
export function registerTimers(app: App): void {
  // Six fields, seconds first, UTC (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer).
  functions.timer("minute", { schedule: "0 * * * * *", runOnStartup: false, handler: () => everyMinute(app) });
}

/** What fails of the one keeps nobody from the other. */
export async function everyMinute(app: Pick<App, "schedule" | "tidy">): Promise<void> {
  const results = await Promise.allSettled([app.schedule(), app.tidy()]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
