// Rings every minute: schedules that are due, runs that have ended, work that was lost.
import { app as functions } from "@azure/functions";
import type { App } from "../../lib/app.js";

export function registerTimers(app: App): void {
  // Six fields, seconds first, UTC (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer).
  functions.timer("schedule", { schedule: "0 * * * * *", handler: () => app.schedule() });
  functions.timer("tidy", { schedule: "30 * * * * *", runOnStartup: false, handler: () => app.tidy() });
}
