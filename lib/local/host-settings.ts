// The parts of host.json and of the environment that decide how functions are hosted, read as Azure reads them.
import { z } from "zod";

/** `[d.]hh:mm:ss[.fff]`, the TimeSpan text of host.json; the result is in milliseconds. */
export function timeSpanMs(text: string): number {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is not a time span like 00:01:00`);
  const [, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = "0"] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(`${seconds}.${fraction}`)) * 1_000;
}

const TimeSpan = z.string().transform((text, check) => {
  try {
    return timeSpanMs(text);
  } catch (error) {
    check.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});

/** Defaults are Azure's (host.json reference, extensions.queues and extensions.http). */
const Queues = z.object({
  batchSize: z.number().int().min(1).max(32).default(16),
  newBatchThreshold: z.number().int().min(0).optional(),
  maxDequeueCount: z.number().int().min(1).default(5),
  visibilityTimeout: TimeSpan.default(0),
  maxPollingInterval: TimeSpan.default(60_000),
  messageEncoding: z.enum(["base64", "none"]).default("base64"),
});

const HostJson = z.object({
  version: z.literal("2.0"),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default("api") }).prefault({}),
      queues: Queues.prefault({}),
    })
    .prefault({}),
});

export interface QueueSettings {
  batchSize: number;
  newBatchThreshold: number;
  maxDequeueCount: number;
  /** How long a message waits after a failure, in milliseconds. */
  visibilityTimeout: number;
  /** Longest pause between two looks at an empty queue, in milliseconds. */
  maxPollingInterval: number;
  messageEncoding: "base64" | "none";
}

export interface HostSettings {
  /** Without slashes at its ends; may be empty. */
  routePrefix: string;
  queues: QueueSettings;
}

/** @throws Error that names the wrong setting of host.json. */
export function readHostJson(text: string): HostSettings {
  const parsed = HostJson.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`host.json: ${z.prettifyError(parsed.error)}`);
  const { http, queues } = parsed.data.extensions;
  return {
    routePrefix: http.routePrefix.replace(/^\/+|\/+$/g, ""),
    queues: { ...queues, newBatchThreshold: queues.newBatchThreshold ?? Math.floor(queues.batchSize / 2) },
  };
}

export type Environment = Record<string, string | undefined>;

/** Replaces `%NAME%` by the setting NAME, as bindings allow. @throws Error when there is no such setting. */
export function resolveSettings(text: string, env: Environment): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`the setting ${name} is missing; a function's binding names it`);
    return value;
  });
}
