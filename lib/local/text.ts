// Numbers as a person reads them.

export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** 1.5 GB, 20 MB, 3 kB, 12 bytes: decimal units, as storage is sold. */
export function size(bytes: number): string {
  for (const [unit, factor] of [
    ["TB", 1e12],
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const)
    if (bytes >= factor)
      return `${(bytes / factor).toPrecision(bytes / factor < 10 ? 2 : 3).replace(/\.0$/, "")} ${unit}`;
  return `${bytes} bytes`;
}

/** 45 s, 3 min, 2 h 5 min: rounded up, because it says how long to wait. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const share = (done: number, total: number): number => (total <= 0 ? 0 : Math.min(1, done / total));

/** `[######----]`: plain characters, in every terminal and for every reader. */
export function bar(part: number, width: number): string {
  const full = Math.floor(part * width);
  return `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
}

/** Cut to `width` characters, and never more than one line: names come from a directory. */
export function clip(text: string, width: number): string {
  const line = text.replace(/\p{Cc}/gu, " ");
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
