import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../../lib/adapters/memory/clock.js";
import { memoryWorkQueue } from "../../../../lib/adapters/memory/work-queue.js";

const midnight = new Date("2026-11-22T00:00:00Z");

describe("memoryWorkQueue", () => {
  it("gives items when their time has come, the earliest first", async () => {
    const clock = stoppedClock(midnight);
    const queue = memoryWorkQueue(clock);
    await queue.send("in 2 s", { delayMs: 2_000 });
    await queue.send("in 1 s", { delayMs: 1_000 });
    await queue.send("now");
    await queue.send("now too");
    expect([queue.receive(), queue.receive(), queue.receive()]).toEqual(["now", "now too", undefined]);
    clock.advance(999);
    expect(queue.receive()).toBeUndefined();
    clock.advance(1);
    expect(queue.receive()).toBe("in 1 s");
    clock.advance(10_000);
    await queue.send("late");
    expect([...queue.visible()]).toEqual(["in 2 s", "late"]);
  });

  it("shows what waits, and until when", async () => {
    const queue = memoryWorkQueue(stoppedClock(midnight));
    await queue.send("b", { delayMs: 60_000 });
    await queue.send("a");
    expect(queue.items()).toEqual([
      { item: "a", visibleAt: midnight },
      { item: "b", visibleAt: new Date("2026-11-22T00:01:00Z") },
    ]);
  });
});
