import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../../lib/adapters/memory/clock.js";

describe("stoppedClock", () => {
  it("stands still until it is advanced or somebody sleeps", async () => {
    const clock = stoppedClock(new Date("2026-11-22T00:00:00Z"));
    expect(clock.now().toISOString()).toBe("2026-11-22T00:00:00.000Z");
    clock.advance(1_500);
    await clock.sleep(86_400_000);
    expect(clock.now().toISOString()).toBe("2026-11-23T00:00:01.500Z");
    expect(clock.monotonicMs()).toBe(86_401_500);
    expect(clock.slept).toEqual([86_400_000]);
  });

  it("refuses to go back", () => {
    expect(() => stoppedClock(new Date(0)).advance(-1)).toThrow(RangeError);
  });
});
