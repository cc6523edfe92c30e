import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LocalLog, openLog } from "../../../lib/local/log-file.js";

let folder: string;
let shown: string[];
let log: LocalLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mailkeep-log-"));
  shown = [];
  log = openLog(join(folder, "log"), (line) => shown.push(line));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("shows warnings in short, the same one a few times, and keeps them all", async () => {
  const event = (id: number) => JSON.stringify({ time: "t", level: "warn", event: "graph.refused", status: 404, id });
  for (let id = 1; id <= 5; id++) log.warn(event(id));
  log.warn("function x failed: Error: y\n    at z");
  log.info("all is well");
  expect(shown).toEqual([
    "warning: graph.refused status=404 id=1",
    "warning: graph.refused status=404 id=2",
    "warning: graph.refused status=404 id=3 (more of these only in the log)",
    "warning: function x failed: Error: y",
  ]);
  const lines = (await readFile(join(folder, "log"), "utf8")).trim().split("\n");
  expect(lines.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map(event));
  expect(lines.slice(5).join("\n")).toMatch(/warn function x failed: Error: y\n {4}at z\n.* info all is well$/);
});

it("goes on when it cannot be written, and says so once", async () => {
  await rm(folder, { recursive: true });
  log.info("all is well");
  log.warn("function x failed");
  expect(shown).toEqual([
    expect.stringContaining(`warning: the log ${join(folder, "log")} cannot be written: ENOENT`),
    "warning: function x failed",
  ]);
});
