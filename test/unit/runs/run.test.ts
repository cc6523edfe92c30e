import { describe, expect, it } from "vitest";
import { emptyTally } from "../../../lib/core/tally.js";
import { type MailboxStatus, outcomeOf, type RunStatus, runStatus, summarize } from "../../../lib/runs/run.js";
import { aPart, aRun } from "./a-run.js";

const problem = { code: "X", message: "x" };

describe("a mailbox read to the end ends as", () => {
  const tally = (change: object) => ({ tally: { ...emptyTally(), ...change } });
  it.each([
    { name: "nothing at all", change: {}, ends: "noChanges" },
    { name: "known mail only", change: tally({ seen: 3, known: 3 }), ends: "noChanges" },
    { name: "something stored", change: tally({ seen: 1, stored: 1 }), ends: "succeeded" },
    { name: "something gone", change: tally({ seen: 1, gone: 1 }), ends: "succeeded" },
    { name: "a move", change: { moved: 1 }, ends: "succeeded" },
    { name: "a removal", change: { removed: 1 }, ends: "succeeded" },
    { name: "a change", change: { changed: 1 }, ends: "succeeded" },
    { name: "something owed", change: { owed: 1, ...tally({ seen: 5, stored: 5 }) }, ends: "succeededWithGaps" },
    { name: "something owed and nothing new", change: { owed: 1 }, ends: "succeededWithGaps" },
    { name: "a problem", change: { problems: [problem] }, ends: "succeededWithGaps" },
  ])("$ends with $name", ({ change, ends }) => {
    expect(outcomeOf(aPart(change))).toBe(ends);
  });
});

describe("a run stands as", () => {
  const table: { parts: MailboxStatus[]; run?: object; stands: RunStatus }[] = [
    { parts: ["noChanges", "noChanges"], stands: "noChanges" },
    { parts: ["noChanges", "excluded"], stands: "noChanges" },
    { parts: ["noChanges", "succeeded"], stands: "succeeded" },
    { parts: ["succeeded", "succeededWithGaps"], stands: "succeededWithGaps" },
    { parts: ["noChanges", "failed"], stands: "succeededWithGaps" },
    { parts: ["failed", "failed"], stands: "failed" },
    { parts: ["failed", "excluded"], stands: "failed" },
    { parts: ["succeeded", "pending"], stands: "running" },
    { parts: ["succeeded", "running"], stands: "running" },
    { parts: ["succeeded", "throttled"], stands: "throttled" },
    { parts: ["running", "throttled"], stands: "running" },
    { parts: ["succeeded"], run: { problems: [problem] }, stands: "succeededWithGaps" },
    { parts: ["noChanges"], run: { problems: [problem] }, stands: "succeededWithGaps" },
    { parts: [], run: { problems: [problem] }, stands: "failed" },
    // Nobody was read, so nobody may conclude that all is archived.
    { parts: [], stands: "failed" },
    { parts: ["excluded", "excluded"], stands: "failed" },
    { parts: ["succeeded", "cancelled"], run: { cancelRequested: true }, stands: "cancelled" },
    { parts: ["succeeded", "succeeded"], run: { cancelRequested: true }, stands: "succeeded" },
    { parts: ["cancelled", "running"], run: { cancelRequested: true }, stands: "running" },
  ];
  it.each(table)("$stands with $parts", ({ parts, run, stands }) => {
    expect(runStatus(aRun(run), parts)).toBe(stands);
  });
});

it("sums up every mailbox, the excluded ones aside", () => {
  const tally = { ...emptyTally(), seen: 2, stored: 2 };
  const statuses: MailboxStatus[] = ["succeeded", "succeededWithGaps", "failed", "running", "excluded"];
  const parts = statuses.map((status) => aPart({ status, tally, bytes: 10, moved: 1, removed: 2, changed: 3 }));
  expect(summarize(parts)).toEqual({
    mailboxes: { total: 4, done: 3, excluded: 1, failed: 1, withGaps: 1 },
    tally: { ...emptyTally(), seen: 10, stored: 10 },
    bytes: 50,
    moved: 5,
    removed: 10,
    changed: 15,
  });
});
