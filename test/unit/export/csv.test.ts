// A spreadsheet shows what was written and computes nothing.
import { describe, expect, it } from "vitest";
import { csvLine } from "../../../lib/export/csv.js";
import { hasPython, python } from "../../build/an-export.js";

describe("a line of CSV", () => {
  it.each([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "|cmd",
    "%x",
    "＝1+1",
    "＠x",
    "\t=1",
    "\r\n=1",
    "  =1",
    '"=1',
    "'=1",
    "=cmd|' /C calc'!A0",
  ])("takes %j for no formula", (text) => {
    const line = csvLine([text]);
    expect(line.startsWith(`"'`)).toBe(true);
    expect(line.slice(2)).not.toMatch(/^[\t\r\n]/);
  });

  it("leaves other text as it is", () => {
    const cells = ["Invoice", "a@b.example", "5 - 3", 'say "hi", please', "ü, 漢字", ""];
    expect(csvLine([...cells, 7])).toBe('"Invoice","a@b.example","5 - 3","say ""hi"", please","ü, 漢字","","7"\r\n');
    expect(csvLine(["two\r\nlines"])).toBe('"two lines"\r\n');
  });

  it.skipIf(!hasPython)("is read by Python as it was written", () => {
    const cells = ['a"b', "c,d", "é", " x ", "a\nb"];
    const read = python(
      "import csv,sys,json; print(json.dumps(list(csv.reader([sys.argv[1]], strict=True))))",
      csvLine(cells),
    );
    expect(JSON.parse(read)).toEqual([['a"b', "c,d", "é", " x ", "a b"]]);
  });
});
