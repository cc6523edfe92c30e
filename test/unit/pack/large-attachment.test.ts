import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { contentInMemory, decodeAttachmentStream, encodeAttachmentStream } from "../../../lib/pack/attachment.js";
import { gzipped } from "../../../lib/pack/gzip.js";
import { type SplitCut, split } from "../../../lib/pack/split.js";
import { base64Lines, chunkedBody, collect, prose, seeded } from "./seeded.js";

const random = seeded(8);
const text = Buffer.from(prose(random, 3_000_000, "\n"));
const picture = random.bytes(2_000_000);

/** The one cut of a message that is only read in chunks; `lineLength` 0 for a body that stands in it as it is. */
async function cutOf(content: Buffer, lineLength = 76, eol = "\r\n"): Promise<SplitCut> {
  const part = lineLength === 0 ? content.toString("latin1") : base64Lines(content, lineLength, eol);
  const raw = Buffer.from(`Subject: large\r\n\r\n${part}\r\n\r\n`, "latin1");
  const { cuts } = await split(chunkedBody(raw, [70_001, 1, 256]));
  const [only] = cuts;
  if (only === undefined || cuts.length > 1) throw new Error("the message should have one cut");
  return only;
}

/** As a blob comes from storage: each chunk has a buffer of its own. */
async function* downloaded(stored: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < stored.length; at += 9_999) yield stored.subarray(at, at + 9_999);
}

describe("a content of more than 1 MiB", () => {
  it.each<[string, Buffer, "gzip" | undefined]>([
    ["a log", text, "gzip"],
    ["a picture", picture, undefined],
    ["a text behind a picture", Buffer.concat([picture, text]), "gzip"],
    ["a picture behind a short text", Buffer.concat([text.subarray(0, 50_000), picture]), undefined],
    ["a text of one byte more", text.subarray(0, 1024 * 1024 + 1), "gzip"],
  ])("is gzipped where that saves a tenth: %s", async (_, content, encoding) => {
    const { body, contentEncoding } = await encodeAttachmentStream(await cutOf(content));
    const stored = await collect(body);
    expect(contentEncoding).toBe(encoding);
    if (encoding === undefined) expect(stored.equals(content)).toBe(true);
    else expect(stored.length).toBeLessThan(content.length * 0.9);
    const back = await collect(decodeAttachmentStream(downloaded(stored), contentEncoding));
    expect(back.equals(content)).toBe(true);
  });

  it("is stored as the same bytes in whatever form it came", async () => {
    const content = Buffer.concat([text, picture]);
    const calm = await collect((await encodeAttachmentStream(await cutOf(content))).body);
    expect(gunzipSync(calm).equals(content)).toBe(true);
    for (const [lineLength, eol] of [
      [60, "\n"],
      [75, "\r\n"],
      [5460, "\n"],
      [1e9, ""],
    ] as const) {
      const { body, contentEncoding } = await encodeAttachmentStream(await cutOf(content, lineLength, eol));
      expect([contentEncoding, (await collect(body)).equals(calm)], `lines of ${lineLength}`).toEqual(["gzip", true]);
    }
  });

  it("can be looked into anywhere", async () => {
    const content = random.bytes(1_300_001);
    for (const [lineLength, eol] of [
      [76, "\r\n"],
      [75, "\n"],
      [78, "\r\n"],
      [5459, "\n"],
      [1e9, ""],
    ] as const) {
      const { slice } = await cutOf(content, lineLength, eol);
      for (const from of [0, 1, 57, 64 * 1024 + 5, content.length - 70_000])
        for (const to of [from + 1, from + 64 * 1024, content.length].filter((end) => end - from <= 70_000))
          expect(content.subarray(from, to).equals(await slice(from, to)), `${lineLength}: ${from} to ${to}`).toBe(
            true,
          );
    }
    const body = await cutOf(text, 0);
    expect(body.cut.lineLength).toBe(0);
    const whole = await collect(body.content());
    expect(whole.subarray(1_000_000, 1_000_100).equals(await body.slice(1_000_000, 1_000_100))).toBe(true);
  });

  it.each([text, picture])("never ends whole when other bytes are read than were proven", async (content) => {
    const part = await cutOf(content);
    const other = Buffer.from(content);
    other[content.length - 1] = 7;
    const { body } = await encodeAttachmentStream({ ...part, content: () => chunkedBody(other, [70_000]).read() });
    await expect(collect(body)).rejects.toMatchObject({ code: "corrupt" });
    await expect(
      contentInMemory({ ...part, content: () => chunkedBody(other, [70_000]).read() }),
    ).rejects.toMatchObject({
      code: "corrupt",
    });
  });

  it("does not take a failed read for damage", async () => {
    const part = await cutOf(text);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(70_000);
      throw new Error("disk");
    }
    const { body } = await encodeAttachmentStream({ ...part, content: failing });
    await expect(collect(body)).rejects.toThrow("disk");
    const unread = { ...part, slice: () => Promise.reject(new Error("disk")) };
    await expect(encodeAttachmentStream(unread)).rejects.toThrow("disk");
  });
});

describe("gzip of a stream", () => {
  it.each([0, 1, 64 * 1024, 3_000_000])("reads back all of it before it ends (%i bytes)", async (size) => {
    const back: Buffer[] = [];
    const content = text.subarray(0, size);
    const stored = await collect(
      gzipped(chunkedBody(content, [200_000, 1, 777]).read(), (piece) => void back.push(Buffer.from(piece))),
    );
    expect(gunzipSync(stored).equals(content)).toBe(true);
    expect(Buffer.concat(back).equals(content)).toBe(true);
  });

  it("asks for no more than is taken, and lets go when nobody wants the rest", async () => {
    let [given, isClosed] = [0, false];
    async function* noise(): AsyncGenerator<Uint8Array> {
      try {
        for (; given < 1_000; given++) yield picture.subarray(0, 100_000);
      } finally {
        isClosed = true;
      }
    }
    for await (const piece of gzipped(noise(), () => {})) if (piece.length > 0) break;
    expect([given < 10, isClosed]).toEqual([true, true]);
  });
});
