// Hosts the toy app on a free port with an emulator of its own.
import { startAzurite } from "../../lib/local/azurite.js";
import { installFunctionsCore } from "../../lib/local/functions-core.js";
import { startHost } from "../../lib/local/host.js";
import { readHostJson } from "../../lib/local/host-settings.js";

export const workQueue = "toy-work";

const hostJson = {
  version: "2.0",
  extensions: {
    queues: { batchSize: 4, newBatchThreshold: 0, maxDequeueCount: 3, visibilityTimeout: "00:00:00" },
  },
};

/** One per test file: the library allows one set of functions in a process. */
export async function startToy() {
  const warnings: string[] = [];
  const azurite = await startAzurite();
  const core = installFunctionsCore(() => undefined);
  const toy = await import("./toy.js");
  const host = await startHost({
    core,
    settings: readHostJson(JSON.stringify(hostJson)),
    env: { TOY_STORAGE: azurite.connectionString, WORK_QUEUE: workQueue, TICK: "* * * * * *" },
    directory: process.cwd(),
    port: 0,
    warn: (message) => warnings.push(message),
  });
  return {
    ...toy,
    host,
    warnings,
    connectionString: azurite.connectionString,
    stop: async () => {
      await host.stop(5_000);
      await azurite.stop();
    },
  };
}
