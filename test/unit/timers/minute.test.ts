import { expect, it } from "vitest";
import { everyMinute } from "../../../functions/timers/minute.js";

it("looks after runs though no schedule could be read, and says so", async () => {
  const done: string[] = [];
  const failure = new Error("no schedule");
  const app = {
    schedule: () => Promise.reject(failure),
    tidy: async () => void done.push("tidied"),
  };
  await expect(everyMinute(app)).rejects.toBe(failure);
  expect(done).toEqual(["tidied"]);
});
