import { expect, it } from "vitest";
import { night } from "../../lib/night.js";

it("goes through with the night whatever fails, and then tells the first failure", async () => {
  const done: string[] = [];
  const round = ["a", "b", "c", "d"].map((name) => async () => {
    done.push(name);
    if (name === "b" || name === "c") throw new Error(name);
  });
  await expect(night(round)).rejects.toThrow("b");
  expect(done).toEqual(["a", "b", "c", "d"]);
});
