import { describe, expect, it } from "vitest";
import { checkBatch, maxBatchBytes, rowBytes, storable } from "../../../lib/core/row-limits.js";

const key = { partition: "p", row: "r" };

describe("rowBytes", () => {
  it.each([
    [{}, 4 + 4],
    [{ a: undefined }, 4 + 4],
    [{ a: "" }, 4 + 4 + 8 + 2 + 4],
    [{ ab: "xyz" }, 4 + 4 + 8 + 4 + 4 + 6],
    [{ n: 1 }, 4 + 4 + 8 + 2 + 8],
    [{ b: true }, 4 + 4 + 8 + 2 + 1],
  ])("counts %j as the service does", (values, bytes) => {
    expect(rowBytes(key, values)).toBe(bytes);
  });
});

describe("storable", () => {
  it("leaves well-formed values alone and mends the rest", () => {
    expect(storable(key, { a: "🦊", b: "\udd8a", c: -0, d: undefined, e: false })).toStrictEqual({
      a: "🦊",
      b: "\ufffd",
      c: 0,
      e: false,
    });
  });
});

describe("checkBatch", () => {
  const batch = (text: string) =>
    Array.from({ length: 100 }, (_, i) => ({ row: `r${i}`, values: { a: text, b: text } }));

  it("counts bytes on the wire, where a character takes one to six", () => {
    const units = Math.floor(maxBatchBytes / 100 / 2) - 700;
    checkBatch("p", batch("x".repeat(units)));
    for (const wide of ["日", "\u0001"])
      expect(() => checkBatch("p", batch(wide.repeat(units)))).toThrowError(
        expect.objectContaining({ code: "too-large" }),
      );
  });
});
