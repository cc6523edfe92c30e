// What every BlobStore promises.
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { MailkeepError } from "../../lib/core/errors.js";
import type { BlobStore, PutOptions } from "../../lib/ports/blob-store.js";

const plain: PutOptions = { contentType: "application/octet-stream" };
const MiB = 1024 * 1024;

/** Bytes that differ from place to place, so that swapped or repeated parts show. */
function pattern(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761);
  return new Uint8Array(words.buffer).subarray(0, size);
}

async function* chunked(bytes: Uint8Array, chunkBytes: number): AsyncIterable<Uint8Array> {
  // One buffer for all chunks, as a file reader would have it: a Buffer, whose slice is no copy.
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const part = bytes.subarray(at, at + chunkBytes);
    chunk.set(part);
    yield chunk.subarray(0, part.length);
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

export function describeBlobStore(name: string, open: () => Promise<BlobStore>): void {
  describe(`BlobStore contract: ${name}`, () => {
    let store: BlobStore;
    beforeAll(async () => {
      store = await open();
    });

    it("keeps the first bytes written under a name", async () => {
      expect(await store.putIfAbsent("first/a", pattern(10), plain)).toBe(true);
      expect(await store.putIfAbsent("first/a", pattern(20, 7), plain)).toBe(false);
      expect(await store.putStreamIfAbsent("first/a", chunked(pattern(20, 7), 8), plain)).toBe(false);
      expect(await store.get("first/a")).toEqual({ bytes: pattern(10), contentEncoding: undefined });
    });

    it("lets one of many writers at once win", async () => {
      const bodies = Array.from({ length: 8 }, (_, seed) => pattern(1000, seed + 1));
      const wrote = await Promise.all(bodies.map((body) => store.putIfAbsent("race/a", body, plain)));
      expect(wrote.filter(Boolean)).toHaveLength(1);
      const { bytes } = await store.get("race/a");
      expect(same(bytes, bodies[wrote.indexOf(true)] ?? new Uint8Array())).toBe(true);
    });

    it("keeps its own copy of the bytes", async () => {
      const body = pattern(100);
      await store.putIfAbsent("copy/a", body, plain);
      body.fill(0);
      const first = await store.get("copy/a");
      first.bytes.fill(0);
      expect((await store.get("copy/a")).bytes).toEqual(pattern(100));
    });

    it("takes a stream whose chunks are one buffer, used again and again", async () => {
      const bytes = Buffer.from(pattern(5 * MiB));
      async function* again(): AsyncIterable<Uint8Array> {
        const room = Buffer.alloc(MiB + 1);
        for (let at = 0; at < bytes.length; at += room.length)
          yield room.subarray(0, bytes.copy(room, 0, at, at + room.length));
        room.fill(0);
      }
      expect(await store.putStreamIfAbsent("again/a", again(), plain)).toBe(true);
      expect(same((await store.get("again/a")).bytes, bytes)).toBe(true);
    });

    it("stores an empty blob", async () => {
      async function* nothing(): AsyncIterable<Uint8Array> {}
      expect(await store.putIfAbsent("empty/a", new Uint8Array(), plain)).toBe(true);
      expect(await store.putStreamIfAbsent("empty/b", nothing(), plain)).toBe(true);
      expect((await store.get("empty/a")).bytes).toHaveLength(0);
      expect(await store.getRange("empty/b", 0, 10)).toHaveLength(0);
      const { body, size } = await store.stream("empty/b");
      expect([size, (await all(body)).length]).toEqual([0, 0]);
    });

    it("says not-found for an absent blob, however it is read", async () => {
      await expect(store.get("absent/a")).rejects.toMatchObject({ code: "not-found" });
      await expect(store.getRange("absent/a", 0, 1)).rejects.toMatchObject({ code: "not-found" });
      await expect(store.getRange("absent/a", 0, 0)).rejects.toMatchObject({ code: "not-found" });
      await expect(store.stream("absent/a")).rejects.toMatchObject({ code: "not-found" });
      await expect(store.get("absent/a")).rejects.toBeInstanceOf(MailkeepError);
      expect(await store.exists("absent/a")).toBe(false);
    });

    it("knows what exists", async () => {
      await store.putIfAbsent("exists/a", pattern(3), plain);
      expect(await store.exists("exists/a")).toBe(true);
      expect(await store.exists("exists")).toBe(false);
      expect(await store.exists("exists/A")).toBe(false);
    });

    it.each([
      { offset: 0, length: 4, expected: [0, 4] },
      { offset: 96, length: 4, expected: [96, 100] },
      { offset: 96, length: 50, expected: [96, 100] },
      { offset: 0, length: 1000, expected: [0, 100] },
      { offset: 99, length: 1, expected: [99, 100] },
      { offset: 100, length: 1, expected: [100, 100] },
      { offset: 5000, length: 10, expected: [100, 100] },
      { offset: 10, length: 0, expected: [10, 10] },
    ])("reads the range of $length from $offset of 100 bytes", async ({ offset, length, expected: [start, end] }) => {
      await store.putIfAbsent("range/a", pattern(100), plain);
      expect(await store.getRange("range/a", offset, length)).toEqual(pattern(100).slice(start, end));
    });

    it.each([
      [-1, 5],
      [0, -5],
      [0.5, 5],
      [0, Number.NaN],
    ])("refuses the range %s, %s", async (offset, length) => {
      await expect(store.getRange("range/a", offset, length)).rejects.toMatchObject({ code: "invalid" });
    });

    it("keeps gzip as it is and says so", async () => {
      const text = Buffer.from("a ledger record ".repeat(5000));
      const zipped = new Uint8Array(gzipSync(text));
      const options: PutOptions = { contentType: "application/json", contentEncoding: "gzip" };
      await store.putIfAbsent("gzip/a", zipped, options);
      await store.putStreamIfAbsent("gzip/b", chunked(zipped, 50), options);
      for (const name of ["gzip/a", "gzip/b"]) {
        expect(await store.get(name)).toEqual({ bytes: zipped, contentEncoding: "gzip" });
        expect(await store.getRange(name, 2, 20)).toEqual(zipped.slice(2, 22));
        const { body, contentEncoding, size } = await store.stream(name);
        const streamed = Buffer.concat(await all(body));
        expect([contentEncoding, size, same(streamed, zipped)]).toEqual(["gzip", zipped.length, true]);
        expect(gunzipSync(streamed).equals(text)).toBe(true);
      }
    });

    it.each([
      { size: 4 * MiB, chunk: MiB },
      { size: 4 * MiB + 1, chunk: 3 * MiB },
      { size: 8 * MiB, chunk: 8 * MiB },
      { size: 9 * MiB + 12_345, chunk: 700_001 },
    ])("takes and gives back a stream of $size bytes in chunks of $chunk", async ({ size, chunk }) => {
      const bytes = pattern(size);
      const name = `stream/${size}`;
      expect(await store.putStreamIfAbsent(name, chunked(bytes, chunk), plain)).toBe(true);
      const { body, size: said } = await store.stream(name);
      const chunks = await all(body);
      expect(said).toBe(size);
      expect(chunks.length).toBeGreaterThan(1);
      expect(same(Buffer.concat(chunks), bytes)).toBe(true);
      expect(same(await store.getRange(name, size - 100_000, 200_000), bytes.subarray(size - 100_000))).toBe(true);
    });

    it("keeps the first of two streams and leaves no part of the second", async () => {
      const first = pattern(5 * MiB);
      expect(await store.putStreamIfAbsent("twice/a", chunked(first, MiB), plain)).toBe(true);
      expect(await store.putStreamIfAbsent("twice/a", chunked(pattern(9 * MiB, 5), MiB), plain)).toBe(false);
      expect(same((await store.get("twice/a")).bytes, first)).toBe(true);
    });

    it("lets one of two streams at once win, whole", async () => {
      const bodies = [pattern(9 * MiB), pattern(9 * MiB, 5)];
      const wrote = await Promise.all(
        bodies.map((body) => store.putStreamIfAbsent("race/stream", chunked(body, MiB), plain)),
      );
      expect(wrote.filter(Boolean)).toHaveLength(1);
      expect(same((await store.get("race/stream")).bytes, bodies[wrote.indexOf(true)] ?? new Uint8Array())).toBe(true);
    });

    it("shows nothing of a stream that failed, and passes its error on", async () => {
      const fault = new MailkeepError("corrupt", "the source broke");
      async function* broken(): AsyncIterable<Uint8Array> {
        yield pattern(9 * MiB);
        throw fault;
      }
      await expect(store.putStreamIfAbsent("broken/a", broken(), plain)).rejects.toBe(fault);
      expect(await store.exists("broken/a")).toBe(false);
      expect(await all(store.list("broken/"))).toEqual([]);
      expect(await store.putIfAbsent("broken/a", pattern(5), plain)).toBe(true);
    });

    it("lets a reader stop in the middle", async () => {
      const bytes = pattern(3 * MiB);
      await store.putIfAbsent("stop/a", bytes, plain);
      const { body } = await store.stream("stop/a");
      for await (const chunk of body) {
        expect(same(chunk, bytes.subarray(0, chunk.length))).toBe(true);
        break;
      }
      expect(await store.exists("stop/a")).toBe(true);
    });

    it("names the folders below a prefix, each once, in order", async () => {
      for (const name of ["tree/b/1", "tree/a-1/x", "tree/a/x/y", "tree/a/z", "tree/leaf", "trees/c/d"])
        await store.putIfAbsent(name, pattern(1), plain);
      expect((await all(store.folders("tree/"))).sort()).toEqual(["a", "a-1", "b"]);
      expect(await all(store.folders("tree/none/"))).toEqual([]);
    });

    it("lists names with sizes in byte order, under a prefix, after a name", async () => {
      const names = ["list/B", "list/a", "list/a-1", "list/a.1", "list/a/1", "list/a0", "list/aa", "list/b", "listing"];
      for (const [index, name] of [...names].reverse().entries()) await store.putIfAbsent(name, pattern(index), plain);
      const under = await all(store.list("list/"));
      expect(under.map((blob) => blob.name)).toEqual(names.slice(0, -1));
      expect(under.map((blob) => blob.size)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
      const namesAfter = async (prefix: string, name: string) =>
        (await all(store.list(prefix, name))).map((blob) => blob.name);
      expect(await namesAfter("list/", "list/a/1")).toEqual(["list/a0", "list/aa", "list/b"]);
      expect(await namesAfter("list/", "list/a/00")).toEqual(["list/a/1", "list/a0", "list/aa", "list/b"]);
      expect(await namesAfter("list/", "list/zzz")).toEqual([]);
      expect(await namesAfter("list/", "aaa")).toEqual(names.slice(0, -1));
      expect(await namesAfter("list/", "zzz")).toEqual([]);
      expect(await namesAfter("list", "list/b")).toEqual(["listing"]);
      expect(await namesAfter("list/none", "")).toEqual([]);
      expect((await namesAfter("", "")).length).toBeGreaterThanOrEqual(names.length);
    });

    it.each(["", "/a", "a/", "a//b", "a/../b", "a\\b", "a b", "ä", "a?b", "a#b", "a%2fb", "a.", "x".repeat(1025)])(
      "refuses the name %j",
      async (bad) => {
        await expect(store.putIfAbsent(bad, pattern(1), plain)).rejects.toMatchObject({ code: "invalid" });
        await expect(store.putStreamIfAbsent(bad, chunked(pattern(1), 1), plain)).rejects.toMatchObject({
          code: "invalid",
        });
        await expect(store.get(bad)).rejects.toMatchObject({ code: "invalid" });
        await expect(store.exists(bad)).rejects.toMatchObject({ code: "invalid" });
      },
    );

    it("takes the longest name", async () => {
      const longest = `long/${"x".repeat(1019)}`;
      expect(await store.putIfAbsent(longest, pattern(1), plain)).toBe(true);
      expect((await all(store.list("long/"))).map((blob) => blob.name)).toEqual([longest]);
    });
  });
}
