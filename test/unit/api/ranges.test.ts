// Which bytes a request asks for, as RFC 9110 has it.
import { describe, expect, it } from "vitest";
import { type BytesWish, choose } from "../../../lib/api/ranges.js";

const etag = '"abc"';
const nothing: BytesWish = { isHead: false, ifNoneMatch: null, range: null, ifRange: null };
const asked = (wish: Partial<BytesWish>, size = 10) => {
  const chosen = choose({ ...nothing, ...wish }, { etag, size });
  return chosen.kind === "part" ? `${chosen.first}-${chosen.last}` : chosen.kind;
};

describe("a range of ten bytes", () => {
  it.each([
    ["bytes=0-0", "0-0"],
    ["bytes=0-9", "0-9"],
    ["bytes=3-5", "3-5"],
    ["bytes=3-", "3-9"],
    ["bytes=9-", "9-9"],
    ["bytes=3-99999999999999999999999", "3-9"],
    ["bytes=-4", "6-9"],
    ["bytes=-10", "0-9"],
    ["bytes=-11", "0-9"],
    ["bytes=-99999999999999999999999", "0-9"],
    ["Bytes=3-5", "3-5"],
    [" bytes= 3-5 ", "3-5"],
    ["bytes=003-005", "3-5"],
    // Satisfiable by no byte.
    ["bytes=10-", "none"],
    ["bytes=10-12", "none"],
    ["bytes=99999999999999999999999-", "none"],
    ["bytes=-0", "none"],
    // Malformed, of another unit, or several: ignored.
    ["", "whole"],
    ["bytes", "whole"],
    ["bytes=", "whole"],
    ["bytes=-", "whole"],
    ["bytes=--3", "whole"],
    ["bytes=5-3", "whole"],
    ["bytes=12-11", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=3 - 5", "whole"],
    ["bytes=0x1-5", "whole"],
    ["bytes=1.0-5", "whole"],
    ["bytes:3-5", "whole"],
    ["lines=3-5", "whole"],
    ["bytes=0-1,3-5", "whole"],
    ["bytes=3-5,", "whole"],
    ["bytes=3-5, bytes=6-7", "whole"],
  ])("%j means %s", (range, wanted) => expect(asked({ range })).toBe(wanted));

  it.each([
    ["bytes=0-", "none"],
    ["bytes=0-0", "none"],
    ["bytes=-0", "none"],
    ["bytes=-5", "whole"],
  ])("%j of no bytes at all means %s", (range, wanted) => expect(asked({ range }, 0)).toBe(wanted));

  it("means nothing to HEAD", () => expect(asked({ isHead: true, range: "bytes=99-" })).toBe("whole"));
});

it.each([
  ['"abc"', "3-5"],
  [' "abc" ', "3-5"],
  // Of other bytes, weak, or a date: there is no Last-Modified to compare with.
  ['"abd"', "whole"],
  ['W/"abc"', "whole"],
  ["abc", "whole"],
  ["Sun, 01 Mar 2026 08:00:00 GMT", "whole"],
  ["*", "whole"],
])("a range with If-Range: %s is %s", (ifRange, wanted) => {
  expect(asked({ range: "bytes=3-5", ifRange })).toBe(wanted);
  expect(asked({ range: "bytes=99-", ifRange })).toBe(wanted === "whole" ? "whole" : "none");
  expect(asked({ ifRange })).toBe("whole");
});

it.each([
  ["*", "unchanged"],
  ['"abc"', "unchanged"],
  ['W/"abc"', "unchanged"],
  ['"x", "abc"', "unchanged"],
  ['"x",W/"abc" , "y"', "unchanged"],
  ['"x"', "whole"],
  ["abc", "whole"],
  ['"ABC"', "whole"],
  ['"abc', "whole"],
  ["", "whole"],
  ['"a*"', "whole"],
])("If-None-Match: %s is %s", (ifNoneMatch, wanted) => {
  expect(asked({ ifNoneMatch })).toBe(wanted);
  expect(asked({ ifNoneMatch, isHead: true })).toBe(wanted);
  // It comes first (section 13.2.2).
  expect(asked({ ifNoneMatch, range: "bytes=99-" })).toBe(wanted === "whole" ? "none" : wanted);
});
