// Pure: what the clock on a wall shows, and when it shows it. Offsets come from the runtime's own time zone data.
import { hour, minute } from "./time.js";

/** A day of the calendar; months from 1. */
export interface Day {
  year: number;
  month: number;
  day: number;
  /** 0 is Sunday. */
  weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone: zone,
      ...parts,
      second: "numeric",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format;
}

/** The wall's time as if it were UTC, in milliseconds. */
function wallMs(at: number, zone: string): number {
  const found = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => found.get(name) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

const offsetMs = (at: number, zone: string): number => wallMs(at, zone) - Math.floor(at / 1_000) * 1_000;

/** The day that the wall shows, moved by `days`. */
export function dayAt(at: Date, zone: string, days = 0): Day {
  const wall = new Date(wallMs(at.getTime(), zone));
  const moved = new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + days));
  return {
    year: moved.getUTCFullYear(),
    month: moved.getUTCMonth() + 1,
    day: moved.getUTCDate(),
    weekday: moved.getUTCDay(),
  };
}

/**
 * When the wall shows so many minutes after midnight of the day. In autumn an hour comes twice: `which` says the first or
 * the last; in spring one is left out: then it is the moment of the change.
 */
export function instantOf(
  { year, month, day }: Day,
  minutes: number,
  { zone, which }: { zone: string; which: "first" | "last" },
): Date {
  const wall = Date.UTC(year, month - 1, day, 0, minutes);
  const [before, after] = [offsetMs(wall - 26 * hour, zone), offsetMs(wall + 26 * hour, zone)];
  const shows = [wall - before, wall - after].filter((at) => wallMs(at, zone) === wall);
  if (shows.length > 0) return new Date(which === "first" ? Math.min(...shows) : Math.max(...shows));
  return new Date(changeBetween(wall - after, wall - before, zone));
}

/** The first minute with the new offset. */
function changeBetween(from: number, to: number, zone: string): number {
  let [low, high] = [from, to];
  const old = offsetMs(low, zone);
  while (high - low > minute) {
    const middle = low + Math.floor((high - low) / 2 / minute) * minute;
    if (offsetMs(middle, zone) === old) low = middle;
    else high = middle;
  }
  return high;
}
