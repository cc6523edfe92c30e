import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { openAzureStorage } from "../../../../lib/adapters/azure/storage.js";
import type { RowStore, RowWrite, StoredRow } from "../../../../lib/ports/row-store.js";

describe("a transaction of many rows", () => {
  let rows: RowStore;
  const partition = "o'hara ü%20+&";

  beforeAll(async () => {
    const account = { kind: "connection-string" as const, connectionString: inject("azurite") };
    const storage = await openAzureStorage(account, { prefix: `tx${randomBytes(4).toString("hex")}` });
    await storage.create();
    rows = storage.rows;
  });

  const all = async () => {
    const found: Record<string, StoredRow["values"]> = {};
    for await (const { row, values } of rows.scan("messages", partition)) found[row] = values;
    return found;
  };

  it("keeps odd keys and values of every row as they are, and replaces whole rows", async () => {
    const odd = {
      text: 'quotes " \\ lines \r\n\r\n--changeset_x--\r\n \u2028 \u2029 and 漢字 😀',
      empty: "",
      yes: true,
      no: false,
      small: -7,
      large: 5e12,
      fraction: 0.1,
    };
    const names = ["a", "it's", "ü ö", "100%25", "a&b=c+d", "(x)", "ʼ", "😀"];
    const upserts = (values: object): RowWrite[] =>
      names.map((row) => ({ kind: "upsert", row, values: { ...values, own: row } }));
    await rows.batch("messages", partition, upserts({ ...odd, old: 1 }));
    await rows.batch("messages", partition, upserts(odd));
    expect(await all()).toEqual(Object.fromEntries(names.map((row) => [row, { ...odd, own: row }])));
  });

  it("merges, replaces, removes and inserts at once", async () => {
    const before: RowWrite[] = ["m1", "m2", "m3"].map((row) => ({ kind: "upsert", row, values: { a: 1, b: 1 } }));
    await rows.batch("messages", partition, before);
    await rows.batch("messages", partition, [
      { kind: "merge", row: "m1", values: { b: 2 } },
      { kind: "upsert", row: "m2", values: { b: 2 } },
      { kind: "delete", row: "m3" },
      { kind: "insert", row: "m4", values: { c: 3 } },
    ]);
    const found = await all();
    expect(found).toMatchObject({ m1: { a: 1, b: 2 }, m4: { c: 3 } });
    expect(found.m2).toEqual({ b: 2 });
    expect(found.m3).toBeUndefined();
  });

  it("writes none of the rows when a later one cannot be merged, and says what is missing", async () => {
    const writes: RowWrite[] = [
      { kind: "upsert", row: "z1", values: { a: 1 } },
      { kind: "upsert", row: "z2", values: { a: 1 } },
      { kind: "merge", row: "nowhere", values: { a: 1 } },
    ];
    await expect(rows.batch("messages", partition, writes)).rejects.toMatchObject({ code: "not-found" });
    const found = await all();
    expect(found.z1 ?? found.z2 ?? found.nowhere).toBeUndefined();
  });
});
