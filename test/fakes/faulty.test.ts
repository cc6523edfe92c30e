import { describe, expect, it } from "vitest";
import { memoryRowStore } from "../../lib/adapters/memory/row-store.js";
import type { RowStore } from "../../lib/ports/row-store.js";
import { Crash, type Fault, faulty } from "./faulty.js";

const key = (row: string) => ({ partition: "p", row });

async function scanned(rows: RowStore): Promise<string[]> {
  const seen: string[] = [];
  for await (const { row } of rows.scan("runs", "p")) seen.push(row);
  return seen;
}

describe("faulty", () => {
  it("fails one call before it runs, and no other", async () => {
    const real = memoryRowStore();
    const fault: Fault = { calls: 0, failAt: 2 };
    const rows = faulty<RowStore>(real, fault);
    await rows.insert("runs", key("a"), {});
    await expect(rows.insert("runs", key("b"), {})).rejects.toBeInstanceOf(Crash);
    await rows.insert("runs", key("c"), {});
    expect([await scanned(real), fault.calls]).toEqual([["a", "c"], 3]);
  });

  it("fails one call after it ran", async () => {
    const real = memoryRowStore();
    const rows = faulty<RowStore>(real, { calls: 0, failAt: 1, when: "after" });
    await expect(rows.insert("runs", key("a"), {})).rejects.toBeInstanceOf(Crash);
    expect(await scanned(real)).toEqual(["a"]);
  });

  it.each([
    { when: "before" as const, seen: [] },
    { when: "after" as const, seen: ["a", "b"] },
  ])("counts a scan once and fails it $when", async ({ when, seen }) => {
    const real = memoryRowStore();
    for (const row of ["a", "b"]) await real.insert("runs", key(row), {});
    const fault: Fault = { calls: 0, failAt: 2, when };
    const rows = faulty<RowStore>(real, fault);
    expect(await scanned(rows)).toEqual(["a", "b"]);
    const before: string[] = [];
    const scan = async () => {
      for await (const { row } of rows.scan("runs", "p")) before.push(row);
    };
    await expect(scan()).rejects.toBeInstanceOf(Crash);
    expect([before, fault.calls]).toEqual([seen, 2]);
  });

  it("lets nothing through after a death", async () => {
    const real = memoryRowStore();
    const rows = faulty<RowStore>(real, { calls: 0, failAt: 1, when: "after", dead: true });
    await expect(rows.insert("runs", key("a"), {})).rejects.toBeInstanceOf(Crash);
    await expect(rows.insert("runs", key("b"), {})).rejects.toBeInstanceOf(Crash);
    await expect(scanned(rows)).rejects.toBeInstanceOf(Crash);
    expect(await scanned(real)).toEqual(["a"]);
  });

  it("counts calls of what a port opens, passes safe calls through, and throws what it is told to", async () => {
    const source = { open: (id: string) => ({ read: async () => `mail of ${id}` }), history: () => "kept" };
    const fault: Fault = { calls: 0, failAt: 2, error: () => new Error("told") };
    const opened = faulty(source, fault, { opens: ["open"], safe: ["history"] }).open("anna");
    expect(await opened.read()).toBe("mail of anna");
    await expect(opened.read()).rejects.toThrow("told");
    expect(faulty(source, fault, { safe: ["history"] }).history()).toBe("kept");
    expect(fault.calls).toBe(2);
  });
});
