import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Body } from "../../../lib/core/body.js";
import { verifySplit } from "../../../lib/pack/splice.js";
import { split } from "../../../lib/pack/split.js";
import { base64Lines, prose, seeded } from "./seeded.js";

const mebi = 1024 * 1024;

/** The largest buffer that was made while it watched, and all of them together. */
function watchBuffers() {
  const real = { alloc: Buffer.alloc, allocUnsafe: Buffer.allocUnsafe, concat: Buffer.concat, from: Buffer.from };
  const seen = { largest: 0, total: 0 };
  for (const name of Object.keys(real) as (keyof typeof real)[]) {
    const make = real[name] as (...args: unknown[]) => Buffer;
    const watched = (...args: unknown[]) => {
      const made = make.apply(Buffer, args);
      // A view of bytes that were there before is no new buffer.
      if (args[0] instanceof ArrayBuffer) return made;
      seen.largest = Math.max(seen.largest, made.length);
      seen.total += made.length;
      return made;
    };
    Object.assign(Buffer, { [name]: watched });
  }
  return { seen, restore: () => void Object.assign(Buffer, real) };
}

/** A body that is computed where it is read, so that the test needs no memory for it either. */
function generated(parts: { bytes: Buffer; times: number }[], chunkBytes: number): Body {
  const ends: number[] = [];
  let size = 0;
  for (const { bytes, times } of parts) {
    size += bytes.length * times;
    ends.push(size);
  }
  return {
    size,
    bytes: undefined,
    async *read(start = 0, end = size) {
      for (let at = start; at < end; ) {
        const index = ends.findIndex((partEnd) => at < partEnd);
        const bytes = parts[index]?.bytes ?? Buffer.alloc(0);
        const within = (at - (ends[index - 1] ?? 0)) % bytes.length;
        const chunk = bytes.subarray(within, Math.min(bytes.length, within + chunkBytes, within + end - at));
        at += chunk.length;
        yield chunk;
      }
    },
    dispose: async () => {},
  };
}

describe("a message of 150 MB", () => {
  let watch: ReturnType<typeof watchBuffers>;
  beforeEach(() => {
    watch = watchBuffers();
  });
  afterEach(() => watch.restore());

  it("is split, read and proven with buffers of at most 1 MiB, 4 MiB of them in all", {
    timeout: 120_000,
  }, async () => {
    const random = seeded(3);
    const attachment = Buffer.from(`${base64Lines(random.bytes(57 * 10_000), 76, "\r\n")}\r\n`);
    const line = Buffer.from(random.bytes(600_000).toString("base64"));
    const text = Buffer.from(prose(random, 700_000, "\r\n"));
    const between = { bytes: Buffer.from("\r\n--part\r\n\r\n"), times: 1 };
    const body = generated(
      [
        between,
        { bytes: attachment, times: 100 },
        between,
        { bytes: text, times: 50 },
        between,
        { bytes: line, times: 48 },
        between,
      ],
      mebi,
    );
    expect(body.size).toBeGreaterThan(150e6);
    watch.seen.largest = 0;
    watch.seen.total = 0;
    const found = await split(body);
    const forms = found.cuts.map(({ cut }) => (cut.lineLength > 100 ? "line" : cut.lineLength));
    expect(forms).toEqual([76, 0, 0, 0, "line"]);
    expect(found.cuts[0]?.cut.size).toBe(57_000_000);
    expect(found.skeleton.length).toBeLessThan(100);
    let largestChunk = 0;
    for (const { cut, content } of found.cuts) {
      const hash = createHash("sha256");
      for await (const chunk of content()) {
        largestChunk = Math.max(largestChunk, chunk.length);
        hash.update(chunk);
      }
      expect(hash.digest("hex")).toBe(cut.sha256);
    }
    expect(await verifySplit(found, body)).toBe(true);
    expect(largestChunk).toBeLessThanOrEqual(mebi);
    expect(watch.seen.largest).toBeLessThanOrEqual(mebi);
    expect(watch.seen.total, "a buffer that is not used again is garbage until somebody collects it").toBeLessThan(
      4 * mebi,
    );
  });
});
