// What every ExportStore promises beyond a BlobStore.
import { beforeAll, describe, expect, it } from "vitest";
import type { ExportStore } from "../../lib/ports/export-store.js";

const zip = { contentType: "application/zip" };
const id = (n: number, writer = "0123456789abcdef") => `${String(n).padStart(6, "0")}-${writer}`;
const filled = (size: number, value: number) => new Uint8Array(size).fill(value);
const MiB = 1024 * 1024;

export function describeExportStore(name: string, open: () => Promise<ExportStore>): void {
  describe(`ExportStore contract: ${name}`, () => {
    let store: ExportStore;
    beforeAll(async () => {
      store = await open();
    });

    it("makes a blob of staged blocks, in the order asked for, and shows nothing before", async () => {
      await store.stageBlock("order/a", id(2), filled(3, 2));
      await store.stageBlock("order/a", id(1), filled(2, 1));
      expect(await store.exists("order/a")).toBe(false);
      await store.commitBlocks("order/a", [id(1), id(2)], zip);
      expect([...(await store.get("order/a")).bytes]).toEqual([1, 1, 2, 2, 2]);
    });

    it("keeps its own copy of a block, also of a buffer that is used again", async () => {
      const block = Buffer.alloc(4, 7);
      await store.stageBlock("copy/a", id(1), block);
      block.fill(0);
      await store.commitBlocks("copy/a", [id(1)], zip);
      expect([...(await store.get("copy/a")).bytes]).toEqual([7, 7, 7, 7]);
    });

    it("replaces a block that is staged again", async () => {
      await store.stageBlock("again/a", id(1), filled(10, 1));
      await store.stageBlock("again/a", id(1), filled(2, 2));
      await store.commitBlocks("again/a", [id(1)], zip);
      expect([...(await store.get("again/a")).bytes]).toEqual([2, 2]);
    });

    it("commits the same blocks twice, and goes on behind them with new ones", async () => {
      await store.stageBlock("twice/a", id(1), filled(1, 1));
      await store.stageBlock("twice/a", id(2), filled(1, 2));
      for (const _ of [1, 2]) await store.commitBlocks("twice/a", [id(1), id(2)], zip);
      await store.stageBlock("twice/a", id(2, "fedcba9876543210"), filled(1, 9));
      await store.commitBlocks("twice/a", [id(1), id(2, "fedcba9876543210")], zip);
      expect([...(await store.get("twice/a")).bytes]).toEqual([1, 9]);
    });

    it("refuses to commit a block that is not there, and leaves what was", async () => {
      await store.stageBlock("missing/a", id(1), filled(1, 1));
      await expect(store.commitBlocks("missing/a", [id(1), id(2)], zip)).rejects.toMatchObject({ code: "invalid" });
      expect(await store.exists("missing/a")).toBe(false);
      await store.commitBlocks("missing/a", [id(1)], zip);
      expect((await store.get("missing/a")).bytes).toHaveLength(1);
    });

    it("takes blocks of up to 8 MiB", async () => {
      await store.stageBlock("large/a", id(1), filled(8 * MiB, 1));
      await store.stageBlock("large/a", id(2), filled(1, 2));
      await store.commitBlocks("large/a", [id(1), id(2)], zip);
      expect([...(await store.getRange("large/a", 8 * MiB - 1, 5))]).toEqual([1, 2]);
      await expect(store.stageBlock("large/a", id(3), filled(8 * MiB + 1, 3))).rejects.toMatchObject({
        code: "too-large",
      });
    });

    it.each(["", "x".repeat(41), "ä", "a b"])("refuses the block id %j, and an empty block", async (bad) => {
      await expect(store.stageBlock("bad/a", bad, filled(1, 1))).rejects.toMatchObject({ code: "invalid" });
      await expect(store.stageBlock("bad/a", id(1), filled(0, 1))).rejects.toMatchObject({ code: "invalid" });
      await expect(store.stageBlock("../a", id(1), filled(1, 1))).rejects.toMatchObject({ code: "invalid" });
    });

    it("removes a blob, and does not mind when there is none", async () => {
      await store.putIfAbsent("gone/a", filled(3, 1), zip);
      for (const _ of [1, 2]) await store.remove("gone/a");
      expect(await store.exists("gone/a")).toBe(false);
    });

    it("gives no link that would need the account's key", async () => {
      await store.putIfAbsent("link/a", filled(1, 1), zip);
      const download = { ...zip, fileName: "a.zip" };
      expect(await store.link("link/a", download, new Date("2030-01-01T00:00:00Z"))).toBeUndefined();
    });
  });
}
