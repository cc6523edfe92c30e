// The one entry point: loads the settings, builds the app, registers every trigger.
import { app as functions } from "@azure/functions";
import { composeApp, openEdges } from "../lib/app.js";
import { loadConfig } from "../lib/config.js";
import { registerHttp } from "./http/register.js";
import { followInvocations, writeLine } from "./invocation.js";
import { registerQueues } from "./queues/work.js";
import { registerTimers } from "./timers/minute.js";
import { registerNightTimer } from "./timers/night.js";

const config = loadConfig(process.env);
const edges = await openEdges(config, writeLine);
const app = composeApp(edges);

functions.setup({ enableHttpStream: true });
followInvocations();
functions.hook.appTerminate(() => app.stop());
registerTimers(app);
registerNightTimer(app);
registerQueues(app);
registerHttp(app, config, edges);
