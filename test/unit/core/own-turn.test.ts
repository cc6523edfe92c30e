// Between two pieces of heavy work the event loop has a turn for everybody else.
import { expect, it } from "vitest";
import { ownTurn } from "../../../lib/core/own-turn.js";

it("lets nobody who asked go on in the same turn as another, and all of them in their order", async () => {
  const seen: string[] = [];
  let turns = 0;
  const count = () => {
    turns++;
    if (turns < 10) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(["a", "b", "c"].map((name) => ownTurn().then(() => seen.push(`${name}${turns}`))));
  expect(seen.map((one) => one[0])).toEqual(["a", "b", "c"]);
  expect(new Set(seen.map((one) => one.slice(1))).size, seen.join()).toBe(3);
});
