// Blackout windows, also where clocks change: Berlin by an hour, Lord Howe by half of one, Apia by a whole day.
import { describe, expect, it } from "vitest";
import { type Blackout, blackoutEnd, leavesTime, nextBlackout, weekdays } from "../../../lib/core/blackout.js";

const window = (from: string, to: string, days: Blackout["days"] = [...weekdays]): Blackout => ({ from, to, days });
const end = (timeZone: string, windows: Blackout[], at: string) =>
  blackoutEnd({ timeZone, windows }, new Date(at))?.toISOString().replace(":00.000Z", "Z");
const berlin = "Europe/Berlin";

describe("the end of a window", () => {
  it.each<[string, string, Blackout[], string, string | undefined]>([
    ["on the same day", berlin, [window("08:00", "18:00")], "2026-01-14T10:00Z", "2026-01-14T17:00Z"],
    ["at its first moment", berlin, [window("08:00", "18:00")], "2026-01-14T07:00Z", "2026-01-14T17:00Z"],
    ["is not in it", berlin, [window("08:00", "18:00")], "2026-01-14T17:00Z", undefined],
    ["before it", berlin, [window("08:00", "18:00")], "2026-01-14T06:59Z", undefined],
    ["across midnight, before it", berlin, [window("22:00", "06:00")], "2026-01-14T22:00Z", "2026-01-15T05:00Z"],
    ["across midnight, after it", berlin, [window("22:00", "06:00")], "2026-01-15T03:00Z", "2026-01-15T05:00Z"],
    ["of the day it began on", berlin, [window("22:00", "06:00", ["fri"])], "2026-01-17T03:00Z", "2026-01-17T05:00Z"],
    ["of no other day", berlin, [window("22:00", "06:00", ["fri"])], "2026-01-16T03:00Z", undefined],
    ["of a whole day", berlin, [window("00:00", "24:00", ["sun"])], "2026-01-18T12:00Z", "2026-01-18T23:00Z"],
    [
      "of windows that touch",
      berlin,
      [window("22:00", "24:00"), window("00:00", "06:00"), window("05:30", "07:00")],
      "2026-01-14T21:30Z",
      "2026-01-15T06:00Z",
    ],
    // 29 March 2026: 02:00 becomes 03:00, the night has seven hours of blackout.
    ["in the short night", berlin, [window("22:00", "06:00")], "2026-03-28T21:00Z", "2026-03-29T04:00Z"],
    ["that the spring change leaves out", berlin, [window("01:00", "02:30")], "2026-03-29T00:30Z", "2026-03-29T01:00Z"],
    ["whose beginning is left out", berlin, [window("02:30", "05:00")], "2026-03-29T01:00Z", "2026-03-29T03:00Z"],
    // 25 October 2026: 03:00 becomes 02:00, the night has nine.
    ["in the long night", berlin, [window("22:00", "06:00")], "2026-10-24T20:00Z", "2026-10-25T05:00Z"],
    ["that comes twice: the last", berlin, [window("01:00", "02:30")], "2026-10-25T00:45Z", "2026-10-25T01:30Z"],
    [
      "whose beginning comes twice: the first",
      berlin,
      [window("02:15", "05:00")],
      "2026-10-25T00:15Z",
      "2026-10-25T04:00Z",
    ],
    // Lord Howe, half an hour: back on 5 April 2026 (02:00 becomes 01:30), on again on 4 October (02:00 becomes 02:30).
    [
      "that Lord Howe has twice",
      "Australia/Lord_Howe",
      [window("01:00", "01:45")],
      "2026-04-04T14:50Z",
      "2026-04-04T15:15Z",
    ],
    [
      "that Lord Howe leaves out",
      "Australia/Lord_Howe",
      [window("01:00", "02:15")],
      "2026-10-03T15:00Z",
      "2026-10-03T15:30Z",
    ],
    // New York: the night of 1 November 2026 is an hour longer.
    ["in New York", "America/New_York", [window("22:00", "06:00")], "2026-11-01T03:00Z", "2026-11-01T11:00Z"],
    [
      "fifteen minutes off the hour",
      "Asia/Kathmandu",
      [window("22:00", "06:00")],
      "2026-01-14T17:00Z",
      "2026-01-15T00:15Z",
    ],
  ])("%s", (...[, zone, windows, at, ends]) => expect(end(zone, windows, at)).toBe(ends));
});

it("is known when the next one begins", () => {
  const next = (windows: Blackout[], at: string) =>
    nextBlackout({ timeZone: berlin, windows }, new Date(at))?.toISOString();
  expect(next([window("22:00", "06:00")], "2026-01-14T12:00Z")).toBe("2026-01-14T21:00:00.000Z");
  expect(next([window("22:00", "06:00", ["mon"])], "2026-01-13T12:00Z")).toBe("2026-01-19T21:00:00.000Z");
  expect(next([], "2026-01-14T12:00Z")).toBeUndefined();
});

it("is known whether any time is left", () => {
  const left = (...windows: Blackout[]) => leavesTime({ timeZone: berlin, windows }, new Date(0));
  expect(left(window("00:00", "23:59"))).toBe(true);
  expect(left(window("00:00", "24:00"))).toBe(false);
  expect(left(window("12:00", "00:00"), window("00:00", "12:00"))).toBe(false);
  expect(left()).toBe(true);
});

it("agrees with the wall, minute by minute, in nights when clocks change", () => {
  const inside = (minutes: number) => minutes >= 22 * 60 || minutes < 6 * 60;
  for (const [zone, from] of [
    [berlin, "2026-03-28T12:00Z"],
    [berlin, "2026-10-24T12:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T03:00Z"],
    ["Australia/Lord_Howe", "2026-10-03T03:00Z"],
  ] as const) {
    const wall = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      hour: "numeric",
      minute: "numeric",
      hourCycle: "h23",
    });
    for (let n = 0; n < 26 * 60; n += 15) {
      const at = new Date(Date.parse(from) + n * 60_000);
      const [hours = 0, minutes = 0] = wall.format(at).split(":").map(Number);
      const blacked = blackoutEnd({ timeZone: zone, windows: [window("22:00", "06:00")] }, at) !== undefined;
      expect(blacked, `${zone} ${at.toISOString()}`).toBe(inside(hours * 60 + minutes));
    }
  }
});
