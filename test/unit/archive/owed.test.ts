import { describe, expect, it } from "vitest";
import { isDue, nextTryAt } from "../../../lib/archive/owed.js";
import type { Owed } from "../../../lib/catalog/quarantine.js";
import { day, hour } from "../../../lib/core/time.js";

const now = new Date("2026-03-10T12:00:00Z");

it("waits longer from try to try, and gives up after ten", () => {
  const waits = Array.from({ length: 11 }, (_, n) => nextTryAt(n + 1, now)?.getTime());
  const after = waits.map((at) => (at === undefined ? "never" : at - now.getTime()));
  expect(after).toEqual([0, 0, 0, hour, 6 * hour, day, 3 * day, 7 * day, 7 * day, 7 * day, "never"]);
});

describe("is due", () => {
  const owed = { lastAt: "2026-03-10T10:00:00.000Z", nextTryAt: "2026-03-10T11:00:00.000Z" } as Owed;
  const { nextTryAt: _, ...givenUp } = owed;
  const later = { ...owed, nextTryAt: "2026-03-10T13:00:00.000Z" };
  it.each([
    { name: "when its time has come", owed, trigger: "schedule", startedAt: "2026-03-10T11:30:00.000Z", due: true },
    { name: "before its time", owed: later, trigger: "schedule", startedAt: "2026-03-10T11:30:00.000Z", due: false },
    {
      name: "before its time, for a person",
      owed: later,
      trigger: "manual",
      startedAt: "2026-03-10T11:30:00.000Z",
      due: true,
    },
    { name: "given up", owed: givenUp, trigger: "schedule", startedAt: "2026-03-10T11:30:00.000Z", due: false },
    {
      name: "given up, for a person",
      owed: givenUp,
      trigger: "manual",
      startedAt: "2026-03-10T11:30:00.000Z",
      due: true,
    },
    { name: "tried in this very run", owed, trigger: "manual", startedAt: "2026-03-10T09:00:00.000Z", due: false },
    { name: "tried in this very instant", owed, trigger: "manual", startedAt: "2026-03-10T10:00:00.000Z", due: false },
  ] as const)("$name: $due", ({ owed, trigger, startedAt, due }) => {
    expect(isDue(owed as Owed, { trigger, startedAt }, now)).toBe(due);
  });
});
