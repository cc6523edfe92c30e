import { expect, it } from "vitest";
import { safeFileName, safeMediaType } from "../../../lib/reading/file-name.js";

const cases: [string, string][] = [
  ["report.pdf", "report.pdf"],
  ["Übung 1 – Größe.docx", "Übung 1 – Größe.docx"],
  ["../../etc/passwd", "passwd"],
  ["C:\\Windows\\System32\\evil.exe", "evil.exe"],
  ["/", "fallback"],
  ["..", "fallback"],
  ["   ", "fallback"],
  ["", "fallback"],
  [".htaccess", "htaccess"],
  ["trailing. . ", "trailing"],
  ["a\r\nSet-Cookie: x=1", "a Set-Cookie_ x=1"],
  ["tab\there\u0000nul\u007f.txt", "tab here nul .txt"],
  ['quo"te<>|?*:.txt', "quo_te______.txt"],
  ["invoice\u202efdp.exe", "invoicefdp.exe"],
  ["zero\u200bwidth\ufeff.txt", "zerowidth.txt"],
  ["line\u2028sep.txt", "linesep.txt"],
  ["lone\ud800.txt", "lone.txt"],
  ["CON", "_CON"],
  ["nul.txt", "_nul.txt"],
  ["com1.tar.gz", "_com1.tar.gz"],
  ["console.txt", "console.txt"],
  ["👩‍👩‍👧.png", "👩‍👩‍👧.png"],
];

it.each(cases)("makes %j safe", (name, safe) => {
  expect(safeFileName(name, "fallback")).toBe(safe);
});

it("shortens a name between characters and keeps its ending", () => {
  const long = safeFileName(`${"😀".repeat(500)}.pdf`, "x");
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(180);
  expect(long).toMatch(/^(?:😀)+\.pdf$/u);
  expect(Buffer.byteLength(safeFileName("a".repeat(5_000), "x"))).toBe(180);
  expect(safeFileName(`a.${"b".repeat(5_000)}`, "x")).toHaveLength(180);
});

it("takes nothing for a media type that could break out of a header", () => {
  expect(safeMediaType("Text/HTML")).toBe("text/html");
  expect(safeMediaType("application/vnd.ms-excel.sheet+xml")).toBe("application/vnd.ms-excel.sheet+xml");
  for (const type of ["", "text", "text/html\r\nX: y", "text/html; charset=x", "a/b/c", "é/x", `a/${"b".repeat(100)}`])
    expect(safeMediaType(type)).toBe("application/octet-stream");
});
