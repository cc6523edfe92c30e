import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { encodedLength } from "../../../lib/pack/base64-lines.js";
import type { Cut } from "../../../lib/pack/manifest.js";
import { splice, spliceBytes, verifySplit } from "../../../lib/pack/splice.js";
import { type Split, split, splitBytes } from "../../../lib/pack/split.js";
import { aMail, base64Lines, chunkedBody, collect, memoryBody, seeded } from "./seeded.js";

const random = seeded(2);
const raw = aMail(random, [random.bytes(9000), random.bytes(5000)]);

describe("spliceBytes", () => {
  const whole = splitBytes(raw);
  const [first, second] = whole.cuts;
  if (first === undefined || second === undefined) throw new Error("the message should have two cuts");
  const withCut = (change: Partial<Cut>) => [{ ...first, cut: { ...first.cut, ...change } }, second];

  it.each<[string, { cut: Cut; content: Uint8Array }[]]>([
    ["an offset behind the end", withCut({ offset: raw.length * 2 })],
    ["an offset behind the next cut", withCut({ offset: second.cut.offset })],
    ["another encoded length", withCut({ length: first.cut.length + 2 })],
    ["another line length", withCut({ lineLength: 60 })],
    [
      "a line length no run has",
      [first, { ...second, cut: { ...second.cut, lineLength: 1e9, length: Math.ceil(second.cut.size / 3) * 4 } }],
    ],
    ["another line ending", withCut({ eol: "\n" })],
    ["another size", withCut({ size: first.cut.size + 3 })],
    ["cuts in the wrong order", [second, first]],
    ["a content cut short", [{ ...first, content: first.content.subarray(1) }, second]],
  ])("refuses %s", (_, cuts) => {
    expect(() => spliceBytes(whole.skeleton, cuts)).toThrow(expect.objectContaining({ code: "corrupt" }));
  });

  it("puts lines of every length and ending back", () => {
    for (const size of [4096, 4097, 4098, 5700, 5757])
      for (const lineLength of [16, 17, 18, 60, 75, 76, 77, 998])
        for (const eol of ["\r\n", "\n"] as const) {
          const content = random.bytes(size);
          const text = base64Lines(content, lineLength, eol);
          const cut: Cut = { offset: 3, length: text.length, lineLength, eol, size, sha256: sha256(content) };
          expect(encodedLength(cut, size)).toBe(text.length);
          const message = spliceBytes(Buffer.from("abcd"), [{ cut, content }]);
          expect(Buffer.from(message).toString("latin1")).toBe(`abc${text}d`);
        }
  });
});

describe("splice", () => {
  it("takes a content in chunks of any size, and gives no large ones", async () => {
    for (const lineLength of [76, 75, 78, 5460, 400_000]) {
      const content = random.bytes(300_001);
      const message = Buffer.from(`To: x\n\n${base64Lines(content, lineLength, "\n")}\n`);
      const { skeleton, cuts } = splitBytes(message);
      expect(cuts.length).toBeGreaterThan(0);
      for (const chunk of [1, 56, 57, 4096, 300_001]) {
        const contents = new Map(cuts.map(({ cut, content }) => [cut, content]));
        const opened = (cut: Cut) => chunkedBody(contents.get(cut) ?? Buffer.alloc(0), [chunk]).read();
        const out: Uint8Array[] = [];
        for await (const part of splice(
          skeleton,
          cuts.map(({ cut }) => cut),
          opened,
        ))
          out.push(part);
        expect(Buffer.concat(out).equals(message), `${lineLength} ${chunk}`).toBe(true);
        expect(Math.max(...out.map(({ length }) => length))).toBeLessThan(512 * 1024);
      }
    }
  });

  it.each([-1, 1])("refuses a content of %d byte too many", async (extra) => {
    const { skeleton, cuts } = splitBytes(raw);
    const content = Buffer.concat(cuts.slice(0, 1).map(({ content }) => content));
    const wrong = extra < 0 ? content.subarray(1) : Buffer.concat([content, Buffer.alloc(extra)]);
    const reading = collect(
      splice(
        skeleton,
        cuts.map(({ cut }) => cut),
        () => memoryBody(wrong).read(),
      ),
    );
    await expect(reading).rejects.toMatchObject({ code: "corrupt" });
  });

  it("does not read a content on that is longer than its cut", async () => {
    const { skeleton, cuts } = splitBytes(raw);
    let read = 0;
    async function* tooLong(): AsyncGenerator<Uint8Array> {
      for (; read < 1000; read++) yield Buffer.alloc(1000);
    }
    const parts = cuts.map(({ cut }) => cut);
    await expect(collect(splice(skeleton, parts, tooLong))).rejects.toMatchObject({ code: "corrupt" });
    expect(read).toBe(9);
  });

  it("lets a failed read through as it is", async () => {
    const { skeleton, cuts } = splitBytes(raw);
    const lost = new Error("socket closed");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw lost;
    }
    await expect(
      collect(
        splice(
          skeleton,
          cuts.map(({ cut }) => cut),
          failing,
        ),
      ),
    ).rejects.toBe(lost);
  });
});

describe("verifySplit", () => {
  const changes: [string, (split: Split) => Split][] = [
    ["nothing", (good) => good],
    ["the hash", (good) => ({ ...good, sha256: sha256(Buffer.from("other")) })],
    ["a byte of the skeleton", (good) => ({ ...good, skeleton: Buffer.from(good.skeleton).fill(0, 5, 6) })],
    ["the end of the skeleton", (good) => ({ ...good, skeleton: good.skeleton.subarray(0, -1) })],
    ["a cut", (good) => ({ ...good, cuts: good.cuts.slice(1) })],
    ["a content", (good) => ({ ...good, cuts: good.cuts.map(otherContent) })],
  ];

  it.each(changes)("sees a change of %s", async (what, change) => {
    for (const body of [memoryBody(raw), chunkedBody(raw, [1000])])
      expect(await verifySplit(change(await split(body)), body)).toBe(what === "nothing");
  });

  it("does not take a failed read for a bad split", async () => {
    const good = await split(chunkedBody(raw, [1000]));
    const failing = () => Promise.reject(new Error("disk"));
    const cuts = good.cuts.map((cut) => ({
      ...cut,
      content: () => ({ [Symbol.asyncIterator]: () => ({ next: failing }) }),
    }));
    await expect(verifySplit({ ...good, cuts }, chunkedBody(raw, [1000]))).rejects.toThrow("disk");
  });
});

function otherContent(cut: Split["cuts"][number]): Split["cuts"][number] {
  const zeros = Buffer.alloc(cut.cut.size);
  return {
    cut: cut.cut,
    content: () => memoryBody(zeros).read(),
    slice: async (from, to) => zeros.subarray(from, to),
    ...(cut.bytes === undefined ? {} : { bytes: zeros }),
  };
}
