import { expect, it } from "vitest";
import type { RunId } from "../../../lib/core/ids.js";
import { lastOut } from "../../../lib/work/last-out.js";

const [run, other] = ["r_1" as RunId, "r_2" as RunId];

function watched(look: (run: RunId) => Promise<void> = async () => {}) {
  const looks: RunId[] = [];
  const workers = lastOut((id) => {
    looks.push(id);
    return look(id);
  });
  return { looks, ...workers };
}

it("looks once, when the last of those at work has left, for all that ended meanwhile", async () => {
  const { looks, enter, leave } = watched();
  for (let n = 0; n < 3; n++) enter(run);
  await leave(run, true);
  await leave(run, true);
  expect(looks).toEqual([]);
  await leave(run, false);
  expect(looks).toEqual([run]);
});

it("does not look while nothing has ended", async () => {
  const { looks, enter, leave } = watched();
  enter(run);
  await leave(run, false);
  expect(looks).toEqual([]);
});

it("begins anew after it has looked, and keeps runs apart", async () => {
  const { looks, enter, leave } = watched();
  enter(run);
  enter(other);
  await leave(run, true);
  enter(run);
  await leave(run, false);
  await leave(other, true);
  expect(looks).toEqual([run, other]);
});

it("says it to the last one when looking fails, and looks again next time", async () => {
  const { looks, enter, leave } = watched(() => Promise.reject(new Error("storage is away")));
  enter(run);
  await expect(leave(run, true)).rejects.toThrow("storage is away");
  enter(run);
  await expect(leave(run, true)).rejects.toThrow("storage is away");
  expect(looks).toEqual([run, run]);
});
