import { expect, it } from "vitest";
import { withKnown, withProblem, withRecord } from "../../../lib/archive/progress.js";
import type { MessageKey } from "../../../lib/core/ids.js";
import { unaccounted } from "../../../lib/core/tally.js";
import type { LedgerEvent } from "../../../lib/ledger/record.js";
import { aRecord } from "../ledger/a-record.js";
import { aPart } from "../runs/a-run.js";

const known = { key: "0".repeat(32) as MessageKey, receivedAt: "2026-03-01T07:00:00Z" };
const events: LedgerEvent[] = [
  { kind: "folder", folderId: "a", path: "/a" },
  { kind: "moved", ...known, from: "a", to: "b", toPath: "/b" },
  { kind: "returned", ...known, to: "b", toPath: "/b" },
  { kind: "removed", ...known, from: "b", at: "2026-03-01T08:00:00Z" },
  { kind: "changed", ...known, isRead: true },
  { kind: "gone", id: "x", folderId: "a" },
  { kind: "skipped", id: "y", folderId: "a", cause: "FOLDER_NOT_CHOSEN" },
  { kind: "quarantined", id: "z", folderId: "a", reason: "X", attempts: 1, at: "2026-03-01T08:00:00Z" },
];

it("counts every message that a record stores or names, once", () => {
  const counts = withRecord(aPart(), aRecord(1, null, { events }));
  expect(counts).toMatchObject({
    tally: { seen: 5, stored: 2, known: 0, gone: 1, skipped: 1, quarantined: 1 },
    bytes: 6,
    moved: 2,
    removed: 1,
    changed: 1,
  });
  expect(unaccounted(withKnown(counts, 3).tally)).toBe(0);
  expect(withKnown(counts, 3).tally).toMatchObject({ seen: 8, known: 3 });
});

it("names each problem once, and not more than a person reads", () => {
  const problem = (n: number) => ({ code: "X", message: "m".repeat(1_000), folderPath: `/${n}` });
  let problems = withProblem(withProblem([], problem(1)), problem(1));
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toHaveLength(500);
  for (let n = 0; n < 50; n++) problems = withProblem(problems, problem(n));
  expect(problems).toHaveLength(20);
});
