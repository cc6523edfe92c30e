import { expect, it } from "vitest";
import { PageSize } from "../../../../lib/adapters/graph/page-size.js";

it("halves down to one and grows back slowly", () => {
  const size = new PageSize(500);
  expect(size.shrink(500)).toBe(true);
  expect(size.shrink(500)).toBe(true); // asked at the same time as the first
  expect(size.current).toBe(250);
  while (size.shrink(size.current));
  expect(size.current).toBe(1);
  const grown = Array.from({ length: 40 }, () => {
    size.succeeded();
    return size.current;
  });
  expect([3, 7, 11, 39].map((n) => grown[n])).toEqual([2, 4, 8, 500]);
});
