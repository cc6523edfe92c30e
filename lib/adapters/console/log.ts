// Structured events as lines of JSON on standard error, where the Functions host picks them up.
import type { Log, LogFields } from "../../ports/log.js";

type Level = "info" | "warn" | "error";

export function jsonLog(write: (line: string) => void, now: () => Date): Log {
  const at =
    (level: Level) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ time: now().toISOString(), level, event, ...fields }));
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
