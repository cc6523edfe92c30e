// Between two pieces of heavy work the event loop has a turn for everybody else.
import { expect, it } from "vitest";
import { messageTurn, ownTurn } from "../../../lib/core/own-turn.js";

/** Counts the turns of the event loop, some of them. */
function countTurns() {
  let turns = 0;
  const count = () => {
    turns++;
    if (turns < 20) setImmediate(count);
  };
  setImmediate(count);
  return () => turns;
}

it.each([
  ["piece of a commit", ownTurn],
  ["message", messageTurn],
])("lets no %s go on in the same turn as another, and all of them in their order", async (_, turn) => {
  const turns = countTurns();
  const seen: { name: string; in: number }[] = [];
  await Promise.all(["a", "b", "c"].map((name) => turn().then(() => seen.push({ name, in: turns() }))));
  expect(seen.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(new Set(seen.map((one) => one.in)).size, JSON.stringify(seen)).toBe(3);
});

it("lets no commit wait behind the messages that came before it", async () => {
  const turns = countTurns();
  const messages = Promise.all(Array.from({ length: 10 }, messageTurn));
  await ownTurn();
  expect(turns()).toBeLessThanOrEqual(2);
  await messages;
  expect(turns()).toBeGreaterThanOrEqual(10);
});
