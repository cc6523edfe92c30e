// Rings at night: a share of the archive is read back and compared with what was stored.
import { app as functions } from "@azure/functions";
import type { App } from "../../lib/app.js";

export function registerNightTimer(app: App): void {
  // Six fields, seconds first, UTC (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer).
  functions.timer("nightly", { schedule: "0 15 2 * * *", runOnStartup: false, handler: () => app.nightly() });
}
