import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeAttachment, decodeAttachmentStream, encodeAttachment } from "../../../lib/pack/attachment.js";
import { collect, memoryBody, prose, seeded } from "./seeded.js";

const random = seeded(6);
const samples: [string, Buffer, "gzip" | undefined][] = [
  ["a small text", Buffer.from(prose(random, 5000, "\n")), "gzip"],
  ["a long text", Buffer.from(prose(random, 300_000, "\n")), "gzip"],
  ["a small picture", random.bytes(5000), undefined],
  ["a large picture", random.bytes(300_000), undefined],
  [
    "a picture with a little text",
    Buffer.concat([random.bytes(60_000), Buffer.from(prose(random, 4000, "\n"))]),
    undefined,
  ],
  ["nothing", Buffer.alloc(0), undefined],
];

/** As a blob comes from storage: each chunk has a buffer of its own. */
async function* downloaded(stored: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < stored.length; at += chunkBytes) yield stored.subarray(at, at + chunkBytes);
}

describe("attachment blobs", () => {
  it.each(samples)("%s is gzipped only when that saves a tenth", async (_, content, encoding) => {
    const { bytes, contentEncoding } = await encodeAttachment(content);
    expect(contentEncoding).toBe(encoding);
    if (encoding === undefined) expect(bytes).toBe(content);
    else expect(bytes.length).toBeLessThanOrEqual(content.length * 0.9);
    expect(content.equals(await decodeAttachment(bytes, contentEncoding, content.length))).toBe(true);
    const streamed = decodeAttachmentStream(downloaded(Buffer.from(bytes), 999), contentEncoding);
    expect(content.equals(await collect(streamed))).toBe(true);
  });

  it("is judged by samples of all of it, not by its beginning", async () => {
    const text = Buffer.from(prose(random, 300_000, "\n"));
    const picture = random.bytes(200_000);
    expect((await encodeAttachment(Buffer.concat([picture, text]))).contentEncoding).toBe("gzip");
    expect(
      (await encodeAttachment(Buffer.concat([text.subarray(0, 10_000), picture]))).contentEncoding,
    ).toBeUndefined();
  });

  it("is refused when it is damaged or another than the cut says", async () => {
    const content = Buffer.from(prose(random, 5000, "\n"));
    const { bytes } = await encodeAttachment(content);
    const damaged = Buffer.from(bytes).fill(0, 100, 110);
    for (const stored of [damaged, bytes.subarray(0, 50), content, gzipSync(Buffer.alloc(50_000_000))])
      await expect(decodeAttachment(stored, "gzip", content.length)).rejects.toMatchObject({ code: "corrupt" });
    await expect(decodeAttachment(content, undefined, 4)).rejects.toMatchObject({ code: "corrupt" });
    await expect(decodeAttachment(bytes, "gzip", content.length + 1)).rejects.toMatchObject({ code: "corrupt" });
    for (const stored of [damaged, bytes.subarray(0, 50), content])
      await expect(collect(decodeAttachmentStream(memoryBody(stored).read(), "gzip"))).rejects.toMatchObject({
        code: "corrupt",
      });
  });

  it("does not take a failed read for damage", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync("x").subarray(0, 5);
      throw Object.assign(new Error("socket closed"), { code: "ECONNRESET" });
    }
    await expect(collect(decodeAttachmentStream(failing(), "gzip"))).rejects.toThrow("socket closed");
  });
});
