import { describe, expect, it } from "vitest";
import { weekdays } from "../../../lib/core/blackout.js";
import { assertTimes, isDue, nextDue } from "../../../lib/schedule/due.js";

const berlin = (cron: string) => ({ cron, timeZone: "Europe/Berlin", blackouts: [] });
const next = (cron: string, after: string, timeZone = "Europe/Berlin") =>
  nextDue({ cron, timeZone }, new Date(after))?.toISOString();

describe("the next moment", () => {
  const table: { name: string; cron: string; after: string; due: string; timeZone?: string }[] = [
    { name: "in winter", cron: "0 0 1 * * *", after: "2026-01-10T12:00:00Z", due: "2026-01-11T00:00:00.000Z" },
    { name: "in summer", cron: "0 0 1 * * *", after: "2026-07-10T12:00:00Z", due: "2026-07-10T23:00:00.000Z" },
    {
      name: "in UTC",
      cron: "0 0 1 * * *",
      after: "2026-07-10T12:00:00Z",
      due: "2026-07-11T01:00:00.000Z",
      timeZone: "Etc/UTC",
    },
    {
      name: "is never the one served",
      cron: "0 0 1 * * *",
      after: "2026-01-11T00:00:00Z",
      due: "2026-01-12T00:00:00.000Z",
    },
    { name: "on weekdays", cron: "0 30 6 * * 1-5", after: "2026-01-09T12:00:00Z", due: "2026-01-12T05:30:00.000Z" },
    // 29 March 2026: clocks go from 02:00 to 03:00. 02:30 does not exist; the day is not left out.
    {
      name: "that the spring change skips",
      cron: "0 30 2 * * *",
      after: "2026-03-28T12:00:00Z",
      due: "2026-03-29T01:00:00.000Z",
    },
    { name: "after that", cron: "0 30 2 * * *", after: "2026-03-29T01:00:00Z", due: "2026-03-30T00:30:00.000Z" },
    // 25 October 2026: clocks go from 03:00 to 02:00. 02:30 comes twice; it is served once.
    {
      name: "that autumn has twice",
      cron: "0 30 2 * * *",
      after: "2026-10-24T12:00:00Z",
      due: "2026-10-25T00:30:00.000Z",
    },
    { name: "after that one", cron: "0 30 2 * * *", after: "2026-10-25T00:30:00Z", due: "2026-10-26T01:30:00.000Z" },
  ];
  it.each(table)("$name", ({ cron, after, due, timeZone }) => {
    expect(next(cron, after, timeZone)).toBe(due);
  });
});

describe("a profile is due", () => {
  const profile = { enabled: true, schedule: berlin("0 0 1 * * *") };
  const served = new Date("2026-01-10T00:00:00Z");
  it.each([
    { at: "2026-01-10T23:59:59Z", due: false },
    { at: "2026-01-11T00:00:00Z", due: true },
    { at: "2026-01-20T12:00:00Z", due: true },
  ])("at $at: $due", ({ at, due }) => {
    expect(isDue(profile, served, new Date(at))).toBe(due);
  });
  it("never when disabled, never without a schedule", () => {
    const late = new Date("2026-02-01T00:00:00Z");
    expect(isDue({ ...profile, enabled: false }, served, late)).toBe(false);
    expect(isDue({ ...profile, schedule: null }, served, late)).toBe(false);
  });
});

it.each([
  { schedule: berlin("0 0 1 * *"), field: "schedule.cron" },
  { schedule: berlin("0 0 25 * * *"), field: "schedule.cron" },
  { schedule: berlin("0 0 1 30 2 *"), field: "schedule.cron" },
  {
    schedule: { ...berlin("0 0 1 * * *"), blackouts: [{ from: "00:00", to: "24:00", days: [...weekdays] }] },
    field: "schedule.blackouts",
  },
  { schedule: { ...berlin("0 0 1 * * *"), timeZone: "Europe/Atlantis" }, field: "schedule.timeZone" },
])("refuses $schedule.cron in $schedule.timeZone, naming $field", ({ schedule, field }) => {
  expect(() => assertTimes(schedule, "schedule.")).toThrow(expect.objectContaining({ code: "invalid", field }));
  const own = field.replace("schedule.", "");
  expect(() => assertTimes(schedule, "")).toThrow(expect.objectContaining({ code: "invalid", field: own }));
});
