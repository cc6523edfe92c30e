import { describe, expect, it } from "vitest";
import { longestQuery, mostTerms, parseQuery } from "../../../lib/search/query.js";

const word = (text: string) => ({ negated: false, condition: { kind: "word", text } });

describe("a search", () => {
  it.each([
    ["invoice", [word("invoice")]],
    ["  Invoice\t4711 ", [word("invoice"), word("4711")]],
    ['"annual report"', [word("annual report")]],
    [
      '-"annual report" -draft',
      [
        { ...word("annual report"), negated: true },
        { ...word("draft"), negated: true },
      ],
    ],
    ["from:Anna", [{ negated: false, condition: { kind: "from", text: "anna" } }]],
    ['FROM:"Anna Berg"', [{ negated: false, condition: { kind: "from", text: "anna berg" } }]],
    ["-to:x@y.example", [{ negated: true, condition: { kind: "to", text: "x@y.example" } }]],
    ["has:Attachment", [{ negated: false, condition: { kind: "has-attachment" } }]],
    ["attachment:.pdf", [{ negated: false, condition: { kind: "attachment", text: ".pdf" } }]],
    ['folder:"/Inbox/Old Projects"', [{ negated: false, condition: { kind: "folder", text: "/inbox/old projects" } }]],
    ["after:2026-03-01", [{ negated: false, condition: { kind: "after", time: "2026-03-01T00:00:00.000Z" } }]],
    [
      "before:2026-03-01T12:00+02:00",
      [{ negated: false, condition: { kind: "before", time: "2026-03-01T10:00:00.000Z" } }],
    ],
    ["larger:5MB", [{ negated: false, condition: { kind: "larger", bytes: 5 * 1024 * 1024 } }]],
    ["smaller:1.5k", [{ negated: false, condition: { kind: "smaller", bytes: 1_536 } }]],
    // What looks like a field and is none is text, as it stands in subjects.
    ["re: hello", [word("re:"), word("hello")]],
    ["ticket:4711", [word("ticket:4711")]],
    ["https://x.example/a", [word("https://x.example/a")]],
    ["e-mail", [word("e-mail")]],
    ["Ｉｎｖｏｉｃｅ", [word("invoice")]],
    ['"" x', [word("x")]],
  ])("of %s", (text, terms) => {
    expect(parseQuery(text)).toEqual(terms);
  });

  it.each([
    ["", "nothing to look for"],
    ['  "" ', "nothing to look for"],
    ["has:links", "has:attachment"],
    ["after:yesterday", "after: needs a date"],
    ["before:2026-02-30", "before: needs a date"],
    ["after:2026-13-01", "after: needs a date"],
    ["larger:big", "larger: needs a size"],
    ["larger:-5", "larger: needs a size"],
    ["smaller:5TB", "smaller: needs a size"],
    ["x".repeat(longestQuery + 1), `more than ${longestQuery}`],
    [Array.from({ length: mostTerms + 1 }, (_, i) => i).join(" "), `more than ${mostTerms} terms`],
  ])("of %s is refused", (text, said) => {
    expect(() => parseQuery(text)).toThrow(
      expect.objectContaining({ code: "invalid", reason: "SEARCH_INVALID", field: "q" }),
    );
    expect(() => parseQuery(text)).toThrow(said);
  });

  it("takes no longer for text that is made to take long", () => {
    const hostile = [
      '"'.repeat(longestQuery),
      `${"a:".repeat(499)}"`,
      "-".repeat(longestQuery),
      `from:${'"'.repeat(900)}`,
    ];
    for (const text of hostile) {
      try {
        parseQuery(text);
      } catch (error) {
        expect(error).toMatchObject({ reason: "SEARCH_INVALID" });
      }
    }
  });
});
