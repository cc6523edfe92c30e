import { expect, it } from "vitest";
import { viewMailboxRun } from "../../../lib/runs/view.js";
import { aPart } from "./a-run.js";

const part = aPart({ total: 1_000, busyMs: 10_000 });
const stored = (n: number) => ({ tally: { ...part.tally, stored: n, seen: n } });

it.each([
  ["before anything is fetched", { fetched: 0 }, { ratePerSecond: null, secondsLeft: null }],
  ["before the first commit", { fetched: 200, done: 200 }, { ratePerSecond: 20, secondsLeft: 40 }],
  ["between commits", { ...stored(250), fetched: 400, done: 400 }, { ratePerSecond: 40, secondsLeft: 15 }],
  [
    "of an ended part, by what it stored",
    { ...stored(250), fetched: 400, done: 1_000, endedAt: "2026-03-01T08:00:10Z" },
    { ratePerSecond: 25, secondsLeft: 0 },
  ],
])("judges the pace %s", (_name, change, pace) => {
  expect(viewMailboxRun({ ...part, ...change })).toMatchObject(pace);
});
