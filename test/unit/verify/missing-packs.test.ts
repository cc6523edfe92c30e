// Tens of thousands of missing packs are remembered in the room that a row has.
import { expect, it } from "vitest";
import { addMissing, dropMissing, missingIn } from "../../../lib/verify/missing-packs.js";

it("gives back what was put in, without what was dropped", () => {
  const state: { missing?: string } = {};
  expect(missingIn(state)).toEqual([]);
  for (const seq of [1, 2, 5, 90, 99_999_999]) expect(addMissing(state, seq)).toBe(true);
  expect(addMissing(state, 99_999_999)).toBe(true);
  expect(missingIn(state)).toEqual([1, 2, 5, 90, 99_999_999]);
  dropMissing(state, new Set([2, 90, 7]));
  expect(missingIn(JSON.parse(JSON.stringify(state)))).toEqual([1, 5, 99_999_999]);
  dropMissing(state, new Set([1, 5, 99_999_999]));
  expect(state).toEqual({});
});
