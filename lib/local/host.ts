// Runs every registered function in this process, as Azure's host would: HTTP on loopback, timers, queue triggers.
import { type FunctionsCore, triggerOf } from "./functions-core.js";
import type { Environment, HostSettings } from "./host-settings.js";
import { startHttp } from "./http.js";
import { startQueues } from "./queues.js";
import { startTimers } from "./timers.js";

export interface HostOptions {
  /** Holds the app: its entry has been imported, so everything is registered. */
  core: FunctionsCore;
  settings: HostSettings;
  /** The app's settings, for `connection` and `%NAME%` in bindings. */
  env: Environment;
  /** Where package.json and host.json are. */
  directory: string;
  /** 0 picks a free port. */
  port: number;
  warn(message: string): void;
  /** See QueueOptions. */
  leaseMs?: number;
}

export interface Host {
  /** `http://127.0.0.1:port/prefix`, without a slash at the end. */
  url: string;
  /** Takes no more work, lets what runs end within `graceMs`, gives unfinished messages back. */
  stop(graceMs: number): Promise<void>;
}

const hostedTriggers = new Set(["httptrigger", "timertrigger", "queuetrigger"]);

/** @throws Error for a route, schedule or connection that cannot be hosted, or when the port is taken (EADDRINUSE). */
export async function startHost(options: HostOptions): Promise<Host> {
  const { core, settings } = options;
  for (const target of core.functions()) {
    const { type } = triggerOf(target);
    if (!hostedTriggers.has(type.toLowerCase())) options.warn(`${target.name}: a ${type} is not run locally`);
  }
  const running = new Running();
  const shared = { ...options, track: <T>(work: Promise<T>) => running.track(work), worked: () => nudge() };
  let nudge = () => {};
  const capabilities = await core.start(options.directory);
  const streamUri = capabilities.HttpUri;
  const http = await startHttp({ ...shared, routePrefix: settings.routePrefix, streamUri });
  const queues = startQueues({ ...shared, settings: settings.queues });
  nudge = queues.nudge;
  const stopTimers = startTimers(shared);
  const prefix = settings.routePrefix === "" ? "" : `/${settings.routePrefix}`;
  return {
    url: `http://127.0.0.1:${http.port}${prefix}`,
    stop: async (graceMs) => {
      stopTimers();
      queues.stop();
      http.server.close();
      http.server.closeIdleConnections();
      await within(graceMs, async () => {
        await core.terminate();
        await running.ended();
      });
      await queues.release();
      http.server.closeAllConnections();
      core.close();
    },
  };
}

/** The invocations that have begun and not ended. */
class Running {
  readonly #all = new Set<Promise<unknown>>();

  async track<T>(work: Promise<T>): Promise<T> {
    this.#all.add(work);
    try {
      return await work;
    } finally {
      this.#all.delete(work);
    }
  }

  async ended(): Promise<void> {
    await Promise.allSettled(this.#all);
  }
}

/** Waits for the work, but no longer than this. */
async function within(limitMs: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work(), limit]).finally(() => clearTimeout(timer));
}
