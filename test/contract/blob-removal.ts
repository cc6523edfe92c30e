// What every BlobRemoval promises.
import { beforeAll, describe, expect, it } from "vitest";
import type { BlobRemoval, RemovableBlob } from "../../lib/ports/blob-removal.js";
import type { BlobStore } from "../../lib/ports/blob-store.js";

const plain = { contentType: "application/octet-stream" };

export function describeBlobRemoval(
  name: string,
  open: () => Promise<{ blobs: BlobStore; removal: BlobRemoval }>,
): void {
  describe(`BlobRemoval contract: ${name}`, () => {
    let stores: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      stores = await open();
      for (const [at, blob] of ["left/a", "left/b", "left/c", "right/a"].entries())
        await stores.blobs.putIfAbsent(blob, new Uint8Array(at + 1), plain);
    });

    const list = async (prefix: string, after?: string) => {
      const all: RemovableBlob[] = [];
      for await (const blob of stores.removal.list(prefix, after)) all.push(blob);
      return all;
    };

    it("lists what is there, in order, from a name on", async () => {
      expect((await list("left/")).map(({ name, size }) => [name, size])).toEqual([
        ["left/a", 1],
        ["left/b", 2],
        ["left/c", 3],
      ]);
      expect((await list("left/", "left/b")).map(({ name }) => name)).toEqual(["left/c"]);
      expect((await list("left/")).every(({ lastModified }) => lastModified instanceof Date)).toBe(true);
    });

    it("removes the version that was listed, once", async () => {
      const [blob] = await list("right/");
      expect(await stores.removal.remove("right/a", blob?.version ?? "")).toBe("removed");
      expect(await stores.blobs.exists("right/a")).toBe(false);
      expect(await stores.removal.remove("right/a", blob?.version ?? "")).toBe("absent");
    });

    it("leaves alone what was written anew since", async () => {
      await stores.blobs.putIfAbsent("anew/a", new Uint8Array(1), plain);
      const [first] = await list("anew/");
      await stores.removal.remove("anew/a", first?.version ?? "");
      await stores.blobs.putIfAbsent("anew/a", new Uint8Array(1), plain);
      expect(await stores.removal.remove("anew/a", first?.version ?? "")).toBe("changed");
      expect(await stores.blobs.exists("anew/a")).toBe(true);
    });

    it("takes no name that is none", async () => {
      await expect(stores.removal.remove("../x", '"0"')).rejects.toMatchObject({ code: "invalid" });
    });
  });
}
