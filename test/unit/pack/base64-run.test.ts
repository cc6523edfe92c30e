import { describe, expect, it } from "vitest";
import { leastWindowBytes, type Run, RunScanner } from "../../../lib/pack/base64-run.js";
import { base64Lines, prose, seeded } from "./seeded.js";

/** The runs of `raw` when it is fed in windows of `windowBytes`, each with the run's decoded bytes. */
function runsIn(raw: Buffer, windowBytes = raw.length): { run: Run; content: string }[] {
  const runs: { run: Run; content: string }[] = [];
  let decoded: Buffer[] = [];
  const scanner = new RunScanner({
    decoded: (bytes) => void decoded.push(bytes),
    ended(run) {
      if (run !== undefined) runs.push({ run, content: Buffer.concat(decoded).toString("base64") });
      decoded = [];
    },
  });
  let base = 0;
  while (base + windowBytes < raw.length) {
    const next = scanner.feed(raw.subarray(base, base + windowBytes), base, false);
    expect(next, "every window must settle something").toBeGreaterThan(base);
    base = next;
  }
  scanner.feed(raw.subarray(base), base, true);
  return runs;
}

describe("runs across the ends of windows", () => {
  const random = seeded(7);
  const text = prose(random, 80_000, "\r\n");

  // The first window ends everywhere in the last lines before a run, in it, and in the lines behind it.
  it.each([
    ["a run", [76], 6000],
    ["a short run of long lines", [5460], 9000],
    ["a run of lines that make no whole bytes", [75], 6000],
    ["one long line", [30_000], 6000],
    ["a run at once followed by one of longer lines", [60, 76], 6000],
    ["a run at once followed by one of shorter lines", [76, 60], 6000],
  ])("%s is found the same wherever a window ends", (_, lineLengths, size) => {
    const run = `${lineLengths.map((lineLength) => base64Lines(random.bytes(size), lineLength, "\r\n")).join("\r\n")}\r\n`;
    const spread = run.length + 3000;
    for (let shift = -1000; shift < spread; shift += shift > run.length - 400 && shift < run.length + 400 ? 1 : 37) {
      const before = text.slice(0, leastWindowBytes - shift);
      const raw = Buffer.from(`${before.slice(0, -2)}\r\n${run}\r\n--part--\r\n${text}`, "latin1");
      const whole = runsIn(raw);
      expect(whole.length).toBe(lineLengths.length);
      expect(runsIn(raw, leastWindowBytes), `shift ${shift}`).toEqual(whole);
    }
  });

  it("are the same in windows of any size", () => {
    let found = 0;
    for (let seed = 0; seed < 60; seed++) {
      const random = seeded(seed);
      const piece = () => {
        const eol = random.pick(["\r\n", "\n"]);
        const lineLength = random.pick([16, 60, 75, 76, 76, 77, 998, 5000, 5461, 100_000]);
        const base64 = base64Lines(random.bytes(random.pick([2000, 6000, 40_000]) + random.below(99)), lineLength, eol);
        return random.pick([
          base64,
          base64 + eol,
          base64 + eol + eol,
          prose(random, 9000, eol),
          `${base64.slice(0, 3000)}-`,
        ]);
      };
      const raw = Buffer.from(Array.from({ length: 20 }, piece).join(""), "latin1");
      const whole = runsIn(raw);
      for (let turn = 0; turn < 3; turn++)
        expect(runsIn(raw, leastWindowBytes + random.below(60_000)), `seed ${seed}`).toEqual(whole);
      found += whole.length;
    }
    expect(found).toBeGreaterThan(300);
  });

  it("do not depend on what stands before them", () => {
    const run = `${base64Lines(random.bytes(6000), 76, "\r\n")}\r\n`;
    for (let length = 2; length < 5000; length += 7) {
      const before = `${text.slice(0, length - 2)}\r\n`;
      const [only] = runsIn(Buffer.from(`${before}${run}`, "latin1"));
      expect(only?.run).toEqual({ offset: length, length: run.length - 2, lineLength: 76, eol: "\r\n", size: 6000 });
    }
  });
});
