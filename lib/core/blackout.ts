// Pure: windows of time in which a schedule lets nothing run. A window that crosses midnight belongs to the day it begins
// on; where clocks change, it begins at the first moment the wall shows its beginning and ends at the last that shows its end.
import { day } from "./time.js";
import { dayAt, instantOf } from "./zone.js";

export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof weekdays)[number];

/** `HH:MM`; `to` may be 24:00, and at or before `from` it is on the next day. */
export interface Blackout {
  from: string;
  to: string;
  /** The days it begins on. */
  days: Weekday[];
}

export interface Blackouts {
  timeZone: string;
  windows: Blackout[];
}

/** Why a mailbox waits. */
export const blackoutReason = "BLACKOUT";

/** Windows come again each week: what is unbroken for so long has no end. */
const forGoodMs = 8 * day;

/** When the blackout ends that is on at this moment, windows that touch being one; undefined when there is none. */
export function blackoutEnd(blackouts: Blackouts, at: Date): Date | undefined {
  let end = at;
  for (let last = undefined as Date | undefined; last !== end && end.getTime() - at.getTime() < forGoodMs; ) {
    last = end;
    for (const { begins, ends } of spansAround(blackouts, last, 1)) if (begins <= end && end < ends) end = ends;
  }
  return end === at ? undefined : end;
}

/** When the next one begins; undefined when none does within a week. */
export function nextBlackout(blackouts: Blackouts, after: Date): Date | undefined {
  return spansAround(blackouts, after, 8)
    .map(({ begins }) => begins)
    .find((begins) => begins > after);
}

/** Whether they leave any time for a run. */
export function leavesTime(blackouts: Blackouts, now: Date): boolean {
  const end = blackoutEnd(blackouts, now);
  return end === undefined || end.getTime() - now.getTime() < forGoodMs;
}

interface Span {
  begins: Date;
  ends: Date;
}

/** In the order of their beginnings. */
function spansAround({ timeZone: zone, windows }: Blackouts, at: Date, ahead: number): Span[] {
  const spans: Span[] = [];
  for (let offset = -2; offset <= ahead; offset++) {
    const today = dayAt(at, zone, offset);
    const next = dayAt(at, zone, offset + 1);
    for (const { from, to, days } of windows) {
      if (!days.includes(weekdays[today.weekday] as Weekday)) continue;
      const [begin, end] = [minutesOf(from), minutesOf(to)];
      const begins = instantOf(today, begin, { zone, which: "first" });
      const ends =
        end <= begin ? instantOf(next, end, { zone, which: "last" }) : instantOf(today, end, { zone, which: "last" });
      if (begins < ends) spans.push({ begins, ends });
    }
  }
  return spans.sort((a, b) => a.begins.getTime() - b.begins.getTime());
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
