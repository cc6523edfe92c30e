// What every RowStore promises.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RowStore, RowWrite, ScanRange, StoredRow } from "../../lib/ports/row-store.js";
import { describeRowValues } from "./row-values.js";

const table = "messages";

async function all(rows: AsyncIterable<StoredRow>): Promise<StoredRow[]> {
  const list: StoredRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

const numbered = (index: number) => `m-${String(index).padStart(5, "0")}`;

export function describeRowStore(name: string, open: () => Promise<RowStore>): void {
  describe(`RowStore contract: ${name}`, () => {
    let store: RowStore;
    let used = 0;
    /** Every test has a partition of its own. */
    let partition: string;
    const at = (row: string) => ({ partition, row });
    const rowsOf = async (range?: ScanRange) => (await all(store.scan(table, partition, range))).map((row) => row.row);
    const valuesAt = async (row: string) => (await store.get(table, at(row)))?.values;
    beforeAll(async () => {
      store = await open();
    });
    beforeEach(() => {
      partition = `p-${++used}`;
    });

    describeRowValues(() => ({ store, partition }));

    describe("one row", () => {
      it("is undefined when absent", async () => {
        expect(await store.get(table, at("a"))).toBeUndefined();
        await store.insert(table, at("a"), {});
        expect(await store.get(table, at("A"))).toBeUndefined();
        expect(await store.get("runs", at("a"))).toBeUndefined();
      });

      it("is inserted once", async () => {
        await store.insert(table, at("a"), { n: 1 });
        await expect(store.insert(table, at("a"), { n: 2 })).rejects.toMatchObject({ code: "conflict" });
        expect(await valuesAt("a")).toEqual({ n: 1 });
      });

      it("is inserted by one of many at once", async () => {
        const tries = Array.from({ length: 8 }, (_, n) => store.insert(table, at("a"), { n }));
        const won = (await Promise.allSettled(tries)).map((outcome) => outcome.status === "fulfilled");
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await valuesAt("a")).toEqual({ n: won.indexOf(true) });
      });

      it("is replaced whole, and only by who has the current etag", async () => {
        const first = await store.insert(table, at("a"), { n: 1, old: true });
        const second = await store.replace(table, at("a"), { n: 2 }, first);
        expect(await store.get(table, at("a"))).toEqual({ ...at("a"), etag: second, values: { n: 2 } });
        await expect(store.replace(table, at("a"), { n: 3 }, first)).rejects.toMatchObject({
          code: "precondition-failed",
        });
        expect(await store.get(table, at("a"))).toEqual({ ...at("a"), etag: second, values: { n: 2 } });
      });

      it("is replaced by one of many at once", async () => {
        const etag = await store.insert(table, at("a"), { n: -1 });
        const tries = Array.from({ length: 8 }, (_, n) => store.replace(table, at("a"), { n }, etag));
        const won = (await Promise.allSettled(tries)).map((outcome) => outcome.status === "fulfilled");
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await valuesAt("a")).toEqual({ n: won.indexOf(true) });
      });

      it("gets a new etag with every kind of change", async () => {
        const etags = [await store.insert(table, at("a"), { n: 1 })];
        const note = async () => etags.push((await store.get(table, at("a")))?.etag ?? "");
        await store.upsert(table, at("a"), { n: 1 });
        await note();
        await store.batch(table, partition, [{ kind: "merge", row: "a", values: { n: 1 } }]);
        await note();
        expect(new Set(etags).size).toBe(3);
        await expect(store.replace(table, at("a"), {}, etags[1] ?? "")).rejects.toMatchObject({
          code: "precondition-failed",
        });
      });

      it("is upserted whole", async () => {
        await store.upsert(table, at("a"), { n: 1, old: true });
        await store.upsert(table, at("a"), { n: 2 });
        expect(await valuesAt("a")).toEqual({ n: 2 });
      });

      it("is deleted, again and again without an etag", async () => {
        await store.insert(table, at("a"), {});
        await store.delete(table, at("a"));
        await store.delete(table, at("a"));
        expect(await store.get(table, at("a"))).toBeUndefined();
      });

      it("is deleted by etag only if that is current", async () => {
        const first = await store.insert(table, at("a"), { n: 1 });
        const second = await store.replace(table, at("a"), { n: 2 }, first);
        await expect(store.delete(table, at("a"), first)).rejects.toMatchObject({ code: "precondition-failed" });
        expect(await valuesAt("a")).toEqual({ n: 2 });
        await store.delete(table, at("a"), second);
        expect(await store.get(table, at("a"))).toBeUndefined();
      });

      it("is not-found when absent and named by etag", async () => {
        const etag = await store.insert(table, at("a"), {});
        await store.delete(table, at("a"), etag);
        await expect(store.replace(table, at("a"), {}, etag)).rejects.toMatchObject({ code: "not-found" });
        await expect(store.delete(table, at("a"), etag)).rejects.toMatchObject({ code: "not-found" });
      });

      it.each(["", "*"])("refuses %j for an etag", async (etag) => {
        await store.insert(table, at("a"), { n: 1 });
        await expect(store.replace(table, at("a"), {}, etag)).rejects.toMatchObject({ code: "invalid" });
        await expect(store.delete(table, at("a"), etag)).rejects.toMatchObject({ code: "invalid" });
        expect(await valuesAt("a")).toEqual({ n: 1 });
      });
    });

    describe("a batch", () => {
      it("does all kinds of writes", async () => {
        for (const row of ["merged", "upserted", "deleted"]) await store.insert(table, at(row), { old: 1, kept: 1 });
        await store.batch(table, partition, [
          { kind: "insert", row: "inserted", values: { n: 1 } },
          { kind: "upsert", row: "upserted", values: { n: 2 } },
          { kind: "upsert", row: "new", values: { n: 3 } },
          { kind: "merge", row: "merged", values: { old: 4, gone: undefined } },
          { kind: "delete", row: "deleted" },
        ]);
        const found = (await all(store.scan(table, partition))).map(({ row, values }) => [row, values]);
        expect(Object.fromEntries(found)).toEqual({
          inserted: { n: 1 },
          merged: { old: 4, kept: 1 },
          new: { n: 3 },
          upserted: { n: 2 },
        });
      });

      it("does nothing when one write is refused", async () => {
        await store.insert(table, at("taken"), { n: 1 });
        const others: RowWrite[] = [
          { kind: "upsert", row: "taken2", values: { n: 2 } },
          { kind: "delete", row: "absent" },
        ];
        await expect(
          store.batch(table, partition, [...others, { kind: "insert", row: "taken", values: {} }]),
        ).rejects.toMatchObject({ code: "conflict" });
        await expect(
          store.batch(table, partition, [...others, { kind: "merge", row: "missing", values: {} }]),
        ).rejects.toMatchObject({ code: "not-found" });
        await expect(
          store.batch(table, partition, [...others, { kind: "insert", row: "b", values: { bad: Number.NaN } }]),
        ).rejects.toMatchObject({ code: "invalid" });
        expect(await rowsOf()).toEqual(["taken"]);
        expect(await valuesAt("taken")).toEqual({ n: 1 });
      });

      it("finds deleting absent rows harmless", async () => {
        await store.insert(table, at("present"), {});
        await store.batch(table, partition, [
          { kind: "delete", row: "absent1" },
          { kind: "insert", row: "inserted", values: { n: 1 } },
          { kind: "delete", row: "present" },
          { kind: "delete", row: "absent2" },
        ]);
        expect(await rowsOf()).toEqual(["inserted"]);
        await store.batch(table, partition, [{ kind: "delete", row: "absent1" }]);
      });

      it("takes 100 writes and refuses 101", async () => {
        const writes = (count: number): RowWrite[] =>
          Array.from({ length: count }, (_, index) => ({ kind: "insert", row: numbered(index), values: { index } }));
        await expect(store.batch(table, partition, writes(101))).rejects.toMatchObject({ code: "too-large" });
        expect(await rowsOf()).toEqual([]);
        await store.batch(table, partition, writes(100));
        expect(await rowsOf()).toHaveLength(100);
      });

      it("refuses more than 4 MiB", async () => {
        const writes = (count: number): RowWrite[] =>
          Array.from({ length: count }, (_, index) => ({
            kind: "upsert",
            row: numbered(index),
            values: { a: "x".repeat(32_000), b: "x".repeat(32_000) },
          }));
        await expect(store.batch(table, partition, writes(66))).rejects.toMatchObject({ code: "too-large" });
        expect(await rowsOf()).toEqual([]);
        await store.batch(table, partition, writes(60));
        expect(await rowsOf()).toHaveLength(60);
      });

      it("refuses a row named twice", async () => {
        const twice: RowWrite[] = [
          { kind: "upsert", row: "a", values: { n: 1 } },
          { kind: "delete", row: "a" },
        ];
        await expect(store.batch(table, partition, twice)).rejects.toMatchObject({ code: "invalid" });
      });

      it("may be empty", async () => {
        await store.batch(table, partition, []);
        expect(await rowsOf()).toEqual([]);
      });
    });

    describe("a scan", () => {
      it("lists one partition of one table in row-key order", async () => {
        const keys = ["-", "0", "10", "9", "A", "B", "_", "a", "a b", "a-", "a0", "aa", "b", "~", "ä", "日"];
        for (const row of [...keys].reverse()) await store.insert(table, at(row), {});
        await store.insert(table, { partition: `${partition}0`, row: "other" }, {});
        await store.insert("runs", at("other"), {});
        expect(await rowsOf()).toEqual(keys);
        expect(await rowsOf({ from: "A", to: "a0" })).toEqual(["A", "B", "_", "a", "a b", "a-"]);
      });

      it("keeps to its bounds and its limit", async () => {
        for (const row of ["a", "b", "b1", "c", "d"]) await store.insert(table, at(row), {});
        expect(await rowsOf({ from: "b" })).toEqual(["b", "b1", "c", "d"]);
        expect(await rowsOf({ to: "c" })).toEqual(["a", "b", "b1"]);
        expect(await rowsOf({ from: "b", to: "c" })).toEqual(["b", "b1"]);
        expect(await rowsOf({ from: "b0", to: "zzz" })).toEqual(["b1", "c", "d"]);
        expect(await rowsOf({ from: "c", to: "b" })).toEqual([]);
        expect(await rowsOf({ from: "it's", to: "it's'" })).toEqual([]);
        expect(await rowsOf({ limit: 2 })).toEqual(["a", "b"]);
        expect(await rowsOf({ from: "c", limit: 9 })).toEqual(["c", "d"]);
        expect(await rowsOf({ limit: 0 })).toEqual([]);
      });

      it("gives only the selected properties", async () => {
        await store.insert(table, at("a"), { one: 1, two: "2", three: true });
        await store.insert(table, at("b"), { two: "2" });
        const selected = await all(store.scan(table, partition, { select: ["one", "three", "never"] }));
        expect(selected.map(({ row, values }) => [row, values])).toEqual([
          ["a", { one: 1, three: true }],
          ["b", {}],
        ]);
        expect(await rowsOf({ select: [] })).toEqual(["a", "b"]);
      });

      it("gives etags that replace accepts", async () => {
        await store.insert(table, at("a"), { n: 1 });
        const [row] = await all(store.scan(table, partition));
        await store.replace(table, at("a"), { n: 2 }, row?.etag ?? "");
        expect(await valuesAt("a")).toEqual({ n: 2 });
      });

      it("lists 2,350 rows across pages, each once, in order", async () => {
        const keys = Array.from({ length: 2_350 }, (_, index) => numbered(index));
        for (let start = 0; start < keys.length; start += 100)
          await store.batch(
            table,
            partition,
            keys.slice(start, start + 100).map((row, index) => ({ kind: "insert", row, values: { n: start + index } })),
          );
        expect(await rowsOf()).toEqual(keys);
        expect(await rowsOf({ select: ["n"] })).toEqual(keys);
        expect(await rowsOf({ limit: 1_001 })).toEqual(keys.slice(0, 1_001));
        expect(await rowsOf({ limit: 2_000 })).toEqual(keys.slice(0, 2_000));
        expect(await rowsOf({ from: numbered(7), to: numbered(2_222) })).toEqual(keys.slice(7, 2_222));
      });

      it("can be stopped, and begun while rows change", async () => {
        for (const row of ["a", "b", "c"]) await store.insert(table, at(row), {});
        for await (const { row } of store.scan(table, partition)) {
          await store.delete(table, at(row));
          if (row === "b") break;
        }
        expect(await rowsOf()).toEqual(["c"]);
      });
    });
  });
}
