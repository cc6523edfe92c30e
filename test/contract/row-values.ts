// What every RowStore promises about values and their limits; a part of row-store.ts.
import { describe, expect, it } from "vitest";
import type { Key, Row, RowStore, StoredRow } from "../../lib/ports/row-store.js";

export interface OpenRows {
  store: RowStore;
  /** The partition of this test alone. */
  partition: string;
}

const table = "messages";

async function all(rows: AsyncIterable<StoredRow>): Promise<StoredRow[]> {
  const list: StoredRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

export function describeRowValues(opened: () => OpenRows): void {
  const at = (row: string): Key => ({ partition: opened().partition, row });
  const valuesAt = async (row: string) => (await opened().store.get(table, at(row)))?.values;
  const rowsOf = async () => (await all(opened().store.scan(table, opened().partition))).map((row) => row.row);

  describe("values", () => {
    const values: Row = {
      empty: "",
      text: "Grüße, 日本語, 🦊, “quotes” 'single' & <xml> \\ \n\r\t\u0001",
      looksLikeADate: "2026-11-22T00:00:00Z",
      looksLikeAGuid: "c9da6455-213d-42c9-9a79-3e9149a57833",
      looksLikeANumber: "0012",
      looksLikeBinary: "AAECAw==",
      looksLikeABoolean: "true",
      yes: true,
      no: false,
      zero: 0,
      negative: -17,
      int32: 2 ** 31 - 1,
      overInt32: 2 ** 31,
      underInt32: -(2 ** 31) - 1,
      big: 2 ** 53,
      bigOdd: 2 ** 53 - 1,
      bigNegative: -(2 ** 53),
      time: 1_795_305_600_123,
      fraction: 0.1,
      tiny: 5e-324,
      huge: 1.7976931348623157e308,
      wholeDouble: 1e21,
      Case1: "upper",
      case1: "lower",
    };

    it("gives back strings, booleans and numbers as they were", async () => {
      await opened().store.insert(table, at("a"), values);
      expect(await opened().store.get(table, at("a"))).toEqual({ ...at("a"), etag: expect.any(String), values });
      expect((await all(opened().store.scan(table, opened().partition)))[0]?.values).toEqual(values);
      await opened().store.batch(table, opened().partition, [{ kind: "upsert", row: "b", values }]);
      expect(await valuesAt("b")).toEqual(values);
    });

    it("leaves out undefined values", async () => {
      await opened().store.upsert(table, at("a"), { here: 1, gone: undefined });
      expect(await valuesAt("a")).toStrictEqual({ here: 1 });
    });

    it("stores a row without values", async () => {
      await opened().store.insert(table, at("a"), {});
      expect(await valuesAt("a")).toEqual({});
    });

    it("stores a lone surrogate as U+FFFD", async () => {
      await opened().store.insert(table, at("a"), { subject: "half an emoji: \ud83d" });
      expect(await valuesAt("a")).toEqual({ subject: "half an emoji: \ufffd" });
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses the number %s", async (bad) => {
      await expect(opened().store.insert(table, at("a"), { bad })).rejects.toMatchObject({
        code: "invalid",
        field: "bad",
      });
    });

    it.each(["", "a-b", "a b", "1a", "ä", "PartitionKey", "rowKey", "etag", "Timestamp", "x".repeat(256)])(
      "refuses the property name %j",
      async (bad) => {
        await expect(opened().store.upsert(table, at("a"), { [bad]: 1 })).rejects.toMatchObject({ code: "invalid" });
        expect(await opened().store.get(table, at("a"))).toBeUndefined();
      },
    );
  });

  describe("limits", () => {
    it("takes a string of 64 KiB and refuses a longer one", async () => {
      const most = "ü".repeat(32_768);
      await opened().store.insert(table, at("a"), { most });
      expect(await valuesAt("a")).toEqual({ most });
      await expect(opened().store.insert(table, at("b"), { over: `${most}x` })).rejects.toMatchObject({
        code: "too-large",
        field: "over",
      });
    });

    /** 15 strings of 64 KiB and one that fills the row up to 1 MiB less `spare` bytes. */
    const filled = (spare: number): Row => {
      const row: Row = Object.fromEntries(
        Array.from({ length: 15 }, (_, index) => [`s${index + 10}`, "x".repeat(32_768)]),
      );
      const used = 4 + 2 * (opened().partition.length + 1) + 16 * (8 + 2 * 3 + 4) + 15 * 65_536;
      return { ...row, s99: "x".repeat((1_048_576 - used - spare) / 2) };
    };

    it("takes a row of exactly 1 MiB and refuses a larger one", async () => {
      await opened().store.insert(table, at("a"), filled(0));
      expect(await valuesAt("a")).toEqual(filled(0));
      for (const write of [
        () => opened().store.insert(table, at("b"), filled(-2)),
        () => opened().store.upsert(table, at("b"), filled(-2)),
        () => opened().store.batch(table, opened().partition, [{ kind: "insert", row: "b", values: filled(-2) }]),
      ])
        await expect(write()).rejects.toMatchObject({ code: "too-large" });
      expect(await rowsOf()).toEqual(["a"]);
    });

    it("takes 252 properties and refuses 253", async () => {
      const row = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]));
      await opened().store.insert(table, at("a"), row(252));
      expect(await valuesAt("a")).toEqual(row(252));
      await expect(opened().store.insert(table, at("b"), row(253))).rejects.toMatchObject({ code: "too-large" });
    });

    it.each(["a/b", "a\\b", "a#b", "a?b", "a\tb", "a\u0000", "a\u0085b", "", "x".repeat(1_025), "\ud83d"])(
      "refuses the key %j",
      async (bad) => {
        const invalid = { code: "invalid", field: "row" };
        await expect(opened().store.get(table, at(bad))).rejects.toMatchObject(invalid);
        await expect(opened().store.insert(table, at(bad), {})).rejects.toMatchObject(invalid);
        await expect(opened().store.delete(table, at(bad))).rejects.toMatchObject(invalid);
        await expect(
          opened().store.batch(table, opened().partition, [{ kind: "delete", row: bad }]),
        ).rejects.toMatchObject(invalid);
        await expect(opened().store.get(table, { partition: bad, row: "a" })).rejects.toMatchObject({
          field: "partition",
        });
        await expect(all(scanning(bad))).rejects.toMatchObject({ code: "invalid", field: "partition" });
      },
    );
    /** A store may refuse at once or when the first row is asked for. */
    async function* scanning(bad: string): AsyncIterable<StoredRow> {
      yield* opened().store.scan(table, bad);
    }

    it.each(["it's", "'", "100%", "%41", "a b", "a+b", "a&b=c", "ä日🦊", ".", "a:b;c,d", "(x)", "$", "x".repeat(500)])(
      "takes the key %j",
      async (key) => {
        const etag = await opened().store.insert(table, { partition: key, row: key }, { n: 1 });
        expect(await opened().store.get(table, { partition: key, row: key })).toEqual({
          partition: key,
          row: key,
          etag,
          values: { n: 1 },
        });
        expect(await all(opened().store.scan(table, key, { from: key, to: `${key}~` }))).toHaveLength(1);
        await opened().store.batch(table, key, [{ kind: "merge", row: key, values: { n: 2 } }]);
        expect((await opened().store.get(table, { partition: key, row: key }))?.values).toEqual({ n: 2 });
        await opened().store.delete(table, { partition: key, row: key });
        expect(await all(opened().store.scan(table, key))).toEqual([]);
      },
    );
  });
}
