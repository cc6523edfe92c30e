// Where the functions' own words go while a person looks at the progress: a file, warnings also on the screen.
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { format } from "node:util";

/** A file that has grown beyond this is put aside at the next start; one old file is kept. */
const limitBytes = 10 * 1024 * 1024;

export interface LocalLog {
  info(message: string): void;
  warn(message: string): void;
}

export function openLog(path: string, onWarning: (message: string) => void): LocalLog {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > limitBytes) renameSync(path, `${path}.old`);
  const write = (level: string, message: string) =>
    appendFileSync(path, `${new Date().toISOString()} ${level} ${message}\n`);
  return {
    info: (message) => write("info", message),
    warn: (message) => {
      write("warn", message);
      onWarning(message.split("\n", 1)[0] ?? message);
    },
  };
}

/** Sends what the app writes to the console into the log: stdout belongs to the progress or to the JSON of the run. */
export function captureConsole(log: LocalLog): void {
  const info = (...args: unknown[]) => log.info(format(...args));
  const warn = (...args: unknown[]) => log.warn(format(...args));
  Object.assign(console, { log: info, info, debug: info, trace: info, warn, error: warn });
}
