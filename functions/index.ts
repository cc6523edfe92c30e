// The one entry point: loads the settings, builds the app, registers every trigger.
import { app as functions } from "@azure/functions";
import { composeApp, openEdges } from "../lib/app.js";
import { loadConfig } from "../lib/config.js";
import { followAnswers } from "./http/pace.js";
import { registerHttp } from "./http/register.js";
import { currentTrace, followInvocations, workEnded, writeLine } from "./invocation.js";
import { registerQueues } from "./queues/work.js";
import { registerTimers } from "./timers/minute.js";
import { registerNightTimer } from "./timers/night.js";

/** The host kills the process 5 s after it has told it to end. */
const lastMs = 3_500;
const telemetryMs = 1_000;

const config = loadConfig(process.env);
const edges = await openEdges(config, writeLine, currentTrace);
const app = composeApp(edges);

functions.setup({ enableHttpStream: true });
followInvocations(edges);
followAnswers();
functions.hook.appTerminate(async () => {
  await Promise.all([app.stop(), workEnded(lastMs)]);
  await edges.telemetry?.flush(telemetryMs);
});
registerTimers(app);
registerNightTimer(app);
registerQueues(app);
registerHttp(app, config, edges);
