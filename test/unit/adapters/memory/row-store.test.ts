import { describe, expect, it } from "vitest";
import { memoryRowStore } from "../../../../lib/adapters/memory/row-store.js";

describe("memoryRowStore", () => {
  it("shows all rows in order, counts and loses them", async () => {
    const rows = memoryRowStore();
    await rows.upsert("runs", { partition: "p", row: "b" }, { n: 2 });
    await rows.upsert("runs", { partition: "p", row: "a" }, { n: 1 });
    await rows.upsert("claims", { partition: "m", row: "claim" }, { n: 3 });
    expect(Object.entries(rows.dump())).toEqual([
      ["claims/m/claim", { n: 3 }],
      ["runs/p/a", { n: 1 }],
      ["runs/p/b", { n: 2 }],
    ]);
    rows.lose("runs");
    expect([rows.count("runs"), rows.count("claims")]).toEqual([0, 1]);
  });

  it("refuses a merge that makes a row too large, as the service would", async () => {
    const rows = memoryRowStore();
    const strings = (from: number) =>
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`s${from + i}`, "x".repeat(32_768)]));
    await rows.insert("runs", { partition: "p", row: "a" }, strings(0));
    await expect(rows.batch("runs", "p", [{ kind: "merge", row: "a", values: strings(10) }])).rejects.toMatchObject({
      code: "too-large",
    });
  });
});
