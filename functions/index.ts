// The one entry point: loads the settings, builds the app, registers every trigger.
import { app as functions } from "@azure/functions";
import { composeApp, openEdges } from "../lib/app.js";
import { loadConfig } from "../lib/config.js";
import { registerQueues } from "./queues/work.js";
import { registerTimers } from "./timers/minute.js";

const config = loadConfig(process.env);
const app = composeApp(await openEdges(config, (line) => console.error(line)));

functions.setup({ enableHttpStream: true });
registerTimers(app);
registerQueues(app);
