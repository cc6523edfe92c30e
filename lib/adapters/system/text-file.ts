// A small file that a setting names.
import { readFileSync, statSync } from "node:fs";

const maxBytes = 1024 * 1024;

/** @throws Error that says why it cannot be read */
export function readTextFile(path: string): string {
  const { size } = statSync(path);
  if (size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
  return readFileSync(path, "utf8");
}
