// Structured events as lines of JSON on the console, where the Functions host picks them up by level.
import type { Log, LogFields } from "../../ports/log.js";

export type Level = "info" | "warn" | "error";

export function jsonLog(write: (level: Level, line: string) => void, now: () => Date): Log {
  const at =
    (level: Level) =>
    (event: string, fields: LogFields = {}) =>
      write(level, JSON.stringify({ time: now().toISOString(), level, event, ...fields }));
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
