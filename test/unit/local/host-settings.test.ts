import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readHostJson, resolveSettings, timeSpanMs } from "../../../lib/local/host-settings.js";
import { readSchedule } from "../../../lib/local/timers.js";

describe("host.json", () => {
  it("of the product is understood", () => {
    expect(readHostJson(readFileSync("host.json", "utf8"))).toMatchObject({
      routePrefix: "api",
      queues: { maxDequeueCount: expect.any(Number), visibilityTimeout: expect.any(Number) },
    });
  });

  it("has Azure's defaults where it says nothing", () => {
    expect(readHostJson('{"version":"2.0"}')).toEqual({
      routePrefix: "api",
      queues: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxDequeueCount: 5,
        visibilityTimeout: 0,
        maxPollingInterval: 60_000,
        messageEncoding: "base64",
      },
    });
  });

  it("that is wrong says where", () => {
    expect(() => readHostJson('{"version":"2.0","extensions":{"queues":{"batchSize":33}}}')).toThrow(/batchSize/);
    expect(() => readHostJson('{"version":"2.0","extensions":{"queues":{"visibilityTimeout":"5 s"}}}')).toThrow(/5 s/);
  });

  it.each([
    ["00:01:00", 60_000],
    ["1.00:00:00", 86_400_000],
    ["00:00:00.250", 250],
  ])("says %s for %i ms", (text, ms) => {
    expect(timeSpanMs(text)).toBe(ms);
  });
});

describe("a binding", () => {
  it("names settings between percent signs", () => {
    expect(resolveSettings("a-%X%-b", { X: "x" })).toBe("a-x-b");
    expect(() => resolveSettings("%X%", {})).toThrow(/setting X is missing/);
  });
});

describe("a schedule", () => {
  it.each([
    ["0 */5 * * * *", "2026-01-01T00:05:00.000Z"],
    ["*/5 * * * *", "2026-01-01T00:05:00.000Z"],
    ["30 0 1 * * *", "2026-01-01T01:00:30.000Z"],
    // Both day fields must fit: the first Monday that is the 5th.
    ["0 0 0 5 * 1", "2026-01-05T00:00:00.000Z"],
    ["0 0 0 6 * 1", "2026-04-06T00:00:00.000Z"],
  ])("%s rings next at %s", (schedule, next) => {
    expect(readSchedule(schedule).nextRun(new Date("2026-01-01T00:01:00Z"))?.toISOString()).toBe(next);
  });
});
