// Where the functions' own words go while a person looks at the progress: a file; warnings also on the screen.
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { format } from "node:util";

/** A file that has grown beyond this is put aside at the next start; one old file is kept. */
const limitBytes = 10 * 1024 * 1024;

/** The same warning is shown so often; the file has them all. */
const showAtMost = 3;

export interface LocalLog {
  info(message: string): void;
  warn(message: string): void;
}

export function openLog(path: string, show: (line: string) => void): LocalLog {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > limitBytes) renameSync(path, `${path}.old`);
  const shown = new Map<string, number>();
  let lost = false;
  /** A full disk takes the words, never the work. */
  const write = (level: string, message: string) => {
    const line = eventIn(message) === undefined ? `${new Date().toISOString()} ${level} ${message}` : message;
    try {
      appendFileSync(path, `${line}\n`);
    } catch (error) {
      if (!lost)
        show(`warning: the log ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      lost = true;
    }
  };
  return {
    info: (message) => write("info", message),
    warn: (message) => {
      write("warn", message);
      const { kind, line } = inShort(message);
      const times = (shown.get(kind) ?? 0) + 1;
      shown.set(kind, times);
      if (times <= showAtMost)
        show(`warning: ${line}${times === showAtMost ? " (more of these only in the log)" : ""}`);
    },
  };
}

/** Sends what the app writes to the console into the log: stdout belongs to the progress or to the JSON of the run. */
export function captureConsole(log: LocalLog): void {
  const info = (...args: unknown[]) => log.info(format(...args));
  const warn = (...args: unknown[]) => {
    const message = format(...args);
    if (eventIn(message)?.level === "info") log.info(message);
    else log.warn(message);
  };
  Object.assign(console, { log: info, info, debug: info, trace: info, warn, error: warn });
}

interface LoggedEvent {
  level?: string;
  event?: string;
  [field: string]: unknown;
}

/** A structured line of the app's own log, which is JSON; undefined for any other text. */
function eventIn(message: string): LoggedEvent | undefined {
  if (!message.startsWith("{")) return undefined;
  try {
    return JSON.parse(message) as LoggedEvent;
  } catch {
    return undefined;
  }
}

function inShort(message: string): { kind: string; line: string } {
  const { time, level, event, ...fields } = eventIn(message) ?? {};
  const first = message.split("\n", 1)[0] ?? message;
  if (event === undefined) return { kind: first.slice(0, 30), line: first };
  const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return { kind: event, line: [event, ...details].join(" ") };
}
