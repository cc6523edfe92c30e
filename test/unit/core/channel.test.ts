import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { channel, inParallel } from "../../../lib/core/channel.js";

describe("a channel", () => {
  it("gives what was pushed, in order, and undefined at its end", async () => {
    const numbers = channel<number>(10);
    for (const n of [1, 2, 3]) await numbers.push(n);
    numbers.close();
    expect([await numbers.pull(), await numbers.pull(), await numbers.pull(), await numbers.pull()]).toEqual([
      1,
      2,
      3,
      undefined,
    ]);
  });

  it("makes producers wait while it is full, and consumers while it is empty", async () => {
    const numbers = channel<number>(1);
    const seen: string[] = [];
    const producing = (async () => {
      for (const n of [1, 2, 3]) {
        await numbers.push(n);
        seen.push(`pushed ${n}`);
      }
    })();
    await setImmediate();
    expect(seen).toEqual(["pushed 1"]);
    expect(await numbers.pull()).toBe(1);
    expect(await numbers.pull()).toBe(2);
    expect(await numbers.pull()).toBe(3);
    await producing;
    const waiting = numbers.pull();
    await numbers.push(4);
    expect(await waiting).toBe(4);
  });

  it("wakes everybody with the reason when it fails, and drops what is inside", async () => {
    const full = channel<number>(1);
    await full.push(1);
    const pushing = full.push(2);
    full.fail(new Error("no more"));
    full.fail(new Error("later"));
    await expect(pushing).rejects.toThrow("no more");
    await expect(full.pull()).rejects.toThrow("no more");
    full.close();
    await expect(full.push(3)).rejects.toThrow("no more");
  });

  it("wakes a consumer when it is closed, and refuses what comes after", async () => {
    const numbers = channel<number>(1);
    const waiting = numbers.pull();
    numbers.close();
    expect(await waiting).toBeUndefined();
    await expect(numbers.push(1)).rejects.toThrow("closed");
  });
});

describe("in parallel", () => {
  it("works on all, never on more than told at once", async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
      most = Math.max(most, ++now);
      await setImmediate();
      now--;
      done.push(n);
    });
    expect([most, done.sort()]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]]);
  });

  it("throws the first failure, starts nothing more, and waits for what was begun", async () => {
    const begun: number[] = [];
    let finished = 0;
    const working = inParallel([1, 2, 3, 4, 5, 6], 2, async (n) => {
      begun.push(n);
      if (n === 1) throw new Error("first");
      await setImmediate();
      finished++;
    });
    await expect(working).rejects.toThrow("first");
    expect([begun, finished]).toEqual([[1, 2], 1]);
  });
});
