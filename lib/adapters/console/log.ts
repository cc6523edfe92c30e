// Structured events as lines of JSON on the console, where the Functions host picks them up by level.
import { scopeFields } from "../../core/scope.js";
import type { Log, LogFields } from "../../ports/log.js";

export type Level = "info" | "warn" | "error";

/** Each line carries the ids of what is being done: run, mailbox, work item, request. */
export function jsonLog(write: (level: Level, line: string) => void, now: () => Date): Log {
  const at =
    (level: Level) =>
    (event: string, fields: LogFields = {}) =>
      write(
        level,
        JSON.stringify({ time: now().toISOString(), level, event, ...scopeFields(), ...fields }, withoutSecrets),
      );
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/**
 * Nobody writes an address or a token into the log. Should one stand in the words of an error all the same, it stops here:
 * addresses, tokens (three parts of base64url), and whatever follows `Bearer`, `sig=` or `AccountKey=`.
 */
const secrets: readonly [RegExp, string][] = [
  [/[^\s"'<>(),;:|/=]+@[^\s"'<>(),;:|/=]+/g, "<address>"],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, "<token>"],
  [/\b(Bearer\s+|sig=|AccountKey=)[\w%.~+/=-]+/gi, "$1<secret>"],
];

const withoutSecrets = (_: string, value: unknown): unknown =>
  typeof value === "string" ? secrets.reduce((text, [secret, sign]) => text.replace(secret, sign), value) : value;
