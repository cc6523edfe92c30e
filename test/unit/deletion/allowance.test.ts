import { expect, it } from "vitest";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import type { RunId } from "../../../lib/core/ids.js";
import { takeAllowance } from "../../../lib/deletion/allowance.js";
import { faulty } from "../../fakes/faulty.js";

const run = "r_1" as RunId;

it("grants no more than the cap, however many workers ask at once", async () => {
  const rows = memoryRowStore();
  const asked = Array.from({ length: 10 }, () => takeAllowance(rows, run, { wanted: 20, most: 45 }));
  const granted = await Promise.all(asked);
  expect(granted.reduce((sum, one) => sum + one, 0)).toBe(45);
  expect(await takeAllowance(rows, run, { wanted: 1, most: 45 })).toBe(0);
  expect(await takeAllowance(rows, "r_2" as RunId, { wanted: 1, most: 45 })).toBe(1);
});

it("grants less, never more, when an answer is lost", async () => {
  const rows = memoryRowStore();
  const fault = { calls: 0, failAt: 2, when: "after" as const };
  await expect(takeAllowance(faulty(rows, fault), run, { wanted: 20, most: 45 })).rejects.toThrow();
  expect(await takeAllowance(rows, run, { wanted: 40, most: 45 })).toBe(25);
});
