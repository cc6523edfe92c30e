import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../../lib/adapters/system/random.js";

describe("systemRandom", () => {
  it.each([0, 1, 7, 8, 16, 33])("gives %s hex digits, never the same ones", (digits) => {
    const many = Array.from({ length: 20 }, () => systemRandom.hex(digits));
    for (const hex of many) expect(hex).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
    if (digits >= 16) expect(new Set(many).size).toBe(20);
  });

  it("gives no digits twice, however often it is asked", () => {
    const many = Array.from({ length: 5_000 }, () => systemRandom.hex(32));
    expect(new Set(many).size).toBe(many.length);
  });

  it("gives more digits than it keeps ready", () => {
    const long = systemRandom.hex(20_001);
    expect(long).toMatch(/^[0-9a-f]{20001}$/);
    expect(systemRandom.hex(20_001)).not.toBe(long);
  });

  it("gives fractions from 0 to below 1", () => {
    const many = Array.from({ length: 100 }, () => systemRandom.fraction());
    expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...many)).toBeLessThan(1);
    expect(new Set(many).size).toBeGreaterThan(90);
  });
});
