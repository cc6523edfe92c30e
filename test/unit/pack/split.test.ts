import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { longestLine, shortestLine } from "../../../lib/pack/base64-run.js";
import { splice, spliceBytes, verifySplit } from "../../../lib/pack/splice.js";
import { type Split, split, splitBytes, uncut } from "../../../lib/pack/split.js";
import { aMail, base64Lines, chunkedBody, collect, memoryBody, prose, type Seeded, seeded } from "./seeded.js";

const contents = (found: Split) => new Map(found.cuts.map(({ cut, content }) => [cut, content]));

/** The streaming way back. */
async function spliced(found: Split): Promise<Buffer> {
  const open = contents(found);
  const cuts = found.cuts.map(({ cut }) => cut);
  return collect(splice(found.skeleton, cuts, (cut) => open.get(cut)?.() ?? collectNothing()));
}
async function* collectNothing() {}

/** Both paths find the same, and both give the bytes back. Returns the cuts. */
async function provesExact(raw: Buffer, chunks = [4096]) {
  const inMemory = splitBytes(raw);
  const found = await split(memoryBody(raw));
  const streamed = await split(chunkedBody(raw, chunks));
  expect(streamed.cuts.map(({ cut }) => cut)).toEqual(inMemory.cuts.map(({ cut }) => cut));
  expect(streamed.sha256).toBe(sha256(raw));
  expect(streamed.size).toBe(raw.length);
  expect(Buffer.compare(streamed.skeleton, inMemory.skeleton)).toBe(0);
  expect(Buffer.compare(spliceBytes(inMemory.skeleton, inMemory.cuts), raw)).toBe(0);
  expect(Buffer.compare(await spliced(streamed), raw)).toBe(0);
  expect(await verifySplit(found, memoryBody(raw))).toBe(true);
  expect(await verifySplit(streamed, chunkedBody(raw, chunks))).toBe(true);
  for (const [index, { cut, content }] of streamed.cuts.entries()) {
    expect(sha256(await collect(content()))).toBe(cut.sha256);
    expect(sha256(inMemory.cuts[index]?.content ?? Buffer.alloc(0))).toBe(cut.sha256);
  }
  return inMemory.cuts;
}

describe("split", () => {
  const random = seeded(1);
  const file = random.bytes(10_000);

  it.each(["\r\n", "\n"])("cuts an attachment out and names its bytes (line ending %j)", async (eol) => {
    const cuts = await provesExact(aMail(random, [file], eol));
    expect(cuts.map(({ cut }) => cut)).toMatchObject([
      { lineLength: 76, eol, size: file.length, sha256: sha256(file) },
    ]);
  });

  it("finds the same attachment under every line length", async () => {
    for (let lineLength = shortestLine; lineLength <= 200; lineLength++) {
      const raw = Buffer.from(`To: x\r\n\r\n${base64Lines(file, lineLength, "\r\n")}\r\n\r\n--x--\r\n`);
      const cuts = await provesExact(raw);
      expect(
        cuts.map(({ cut }) => [cut.lineLength, cut.sha256]),
        `length ${lineLength}`,
      ).toEqual([[lineLength, sha256(file)]]);
    }
  });

  it.each([998, 1000, 4001, longestLine - 1, longestLine])("finds lines of %d digits", async (lineLength) => {
    const large = random.bytes(40_000);
    const cuts = await provesExact(Buffer.from(`\n\n${base64Lines(large, lineLength, "\n")}\n`));
    expect(cuts.map(({ cut }) => [cut.lineLength, cut.sha256])).toEqual([[lineLength, sha256(large)]]);
  });

  it.each([10_000, 10_001, 10_002])("cuts one long line of %d bytes, wherever it stands", async (size) => {
    const content = random.bytes(size);
    const text = content.toString("base64");
    for (const raw of [text, `${text}\r\n`, `To: x\n\n${text}`, `<img src="data:image/png;base64,${text}">`]) {
      const cuts = await provesExact(Buffer.from(raw));
      expect(cuts.map(({ cut }) => cut)).toMatchObject([{ lineLength: text.length, eol: "", sha256: sha256(content) }]);
    }
  });

  it("begins and ends with the message", async () => {
    for (const last of ["", "\r\n", "\n", "\r", " "]) {
      const cuts = await provesExact(Buffer.from(base64Lines(file, 76, "\r\n") + last));
      expect(cuts.length, JSON.stringify(last)).toBe(1);
      expect(cuts[0]?.cut.offset).toBe(0);
      // A last line with something behind it that is no line ending stays in the message.
      expect(cuts[0]?.cut.sha256 === sha256(file), JSON.stringify(last)).toBe(last !== " ");
    }
  });

  it("leaves alone what decodes to less than 4 KiB", async () => {
    const sizes = [3000, 4092, 4095, 4096, 4097, 4098];
    const found = await Promise.all(sizes.map((size) => provesExact(aMail(random, [random.bytes(size)]))));
    expect(found.map((cuts) => cuts.length)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it("keeps a message without attachments as it is", async () => {
    const raw = Buffer.from(prose(random, 100_000, "\r\n"));
    expect(splitBytes(raw)).toEqual({ skeleton: raw, cuts: [] });
    expect(splitBytes(Buffer.alloc(0)).cuts).toEqual([]);
    await provesExact(Buffer.alloc(0));
    await provesExact(Buffer.from("x"));
  });

  it("goes around a damaged line, and cuts what is whole before and behind it", async () => {
    const lines = base64Lines(random.bytes(57 * 300), 76, "\r\n").split("\r\n");
    for (const damage of [" ", "-", "_", "=", "\t", "é", "\r", "\n", "\0"]) {
      const broken = lines.with(150, (lines[150] ?? "").slice(0, 30) + damage + (lines[150] ?? "").slice(31));
      const cuts = await provesExact(Buffer.from(broken.join("\r\n"), "latin1"));
      expect(
        cuts.map(({ cut }) => cut.size),
        JSON.stringify(damage),
      ).toEqual([57 * 150, 57 * 149]);
    }
  });

  it("goes around a damaged line where lines alone make no whole bytes", async () => {
    const lines = base64Lines(random.bytes(22_500), 75, "\n").split("\n");
    const cuts = await provesExact(Buffer.from(lines.with(150, "?".repeat(75)).join("\n")));
    // Of the 150 lines before the damage 148 are whole groups of four, of the 249 behind it 248.
    expect(cuts.map(({ cut }) => cut.size)).toEqual([(148 * 75 * 3) / 4, (248 * 75 * 3) / 4]);
  });

  it("begins with a line", async () => {
    const run = base64Lines(random.bytes(57 * 100), 76, "\n");
    const cuts = await provesExact(Buffer.from(`X: ${run}\n\n`));
    expect(cuts.map(({ cut }) => [cut.offset, cut.size])).toEqual([[3 + 77, 57 * 99]]);
  });

  it("keeps padding that does not decode to the same text", async () => {
    const whole = base64Lines(random.bytes(57 * 100), 76, "\n");
    for (const [last, size] of [
      ["QQ==", 1],
      ["QUI=", 2],
      ["QUJD", 3],
      ["QR==", 0],
      ["QUJ=", 0],
      ["QQ=", 0],
      ["QQ", 0],
      ["====", 0],
      ["Q===", 0],
    ]) {
      const [only] = await provesExact(Buffer.from(`${whole}\n${last}\n`));
      expect(only?.cut.size, String(last)).toBe(5700 + Number(size));
    }
  });

  it("ends a run where line length or line ending changes", async () => {
    const [a, b] = [random.bytes(57 * 100), random.bytes(45 * 100)];
    const lengths = await provesExact(Buffer.from(`${base64Lines(a, 76, "\n")}\n\n${base64Lines(b, 60, "\n")}\n`));
    expect(lengths.map(({ cut }) => [cut.lineLength, cut.size])).toEqual([
      [76, a.length],
      [60, b.length],
    ]);
    const joined = await provesExact(Buffer.from(`${base64Lines(a, 76, "\n")}\n${base64Lines(b, 60, "\n")}\n`));
    expect(joined.map(({ cut }) => cut.lineLength)).toEqual([76, 60]);
    const eols = await provesExact(Buffer.from(`${base64Lines(a, 76, "\n")}\n${base64Lines(a, 76, "\r\n")}\r\n`));
    expect(eols.map(({ cut }) => cut.eol)).toEqual(["\n", "\r\n"]);
  });

  it("looks for no more than 1,000 runs", async () => {
    const run = base64Lines(random.bytes(4104), 76, "\n");
    const cuts = splitBytes(Buffer.from(`${run}\n\n`.repeat(1003))).cuts;
    expect(cuts.length).toBe(1000);
    expect(cuts.every(({ cut }) => cut.lineLength === 76)).toBe(true);
  });

  it("cuts long stretches of other content as they are, so that the skeleton stays small", async () => {
    const mebi = 1024 * 1024;
    const text = Buffer.alloc(33 * mebi, `${prose(random, 5000, "\r\n")}`);
    const raw = Buffer.concat([Buffer.from(prose(random, 3000, "\n")), aMail(random, [file]), text]);
    const found = await split(chunkedBody(raw, [mebi]));
    expect(found.cuts.map(({ cut }) => cut.lineLength)).toEqual([76, 0, 0, 0]);
    expect(Math.max(...found.cuts.map(({ cut }) => cut.size))).toBe(16 * mebi);
    expect(found.skeleton.length).toBeLessThan(10_000);
    expect(await verifySplit(found, chunkedBody(raw, [mebi]))).toBe(true);
    const whole = await uncut(chunkedBody(raw, [mebi]));
    expect(whole.cuts.map(({ cut }) => cut.lineLength)).toEqual([0, 0, 0]);
    expect(await verifySplit(whole, chunkedBody(raw, [mebi]))).toBe(true);
    expect((await uncut(memoryBody(raw))).cuts.map(({ cut }) => cut)).toEqual(whole.cuts.map(({ cut }) => cut));
  });

  it("keeps the skeleton under 8 MiB when many stretches are just short enough to stay", async () => {
    const stretch = Buffer.alloc(1000 * 1024, "some words in a line\n");
    const run = Buffer.from(`\n${base64Lines(file, 76, "\n")}\n`);
    const raw = Buffer.concat(Array.from({ length: 12 }, () => [stretch, run]).flat());
    const found = await split(chunkedBody(raw, [1024 * 1024]));
    expect(found.skeleton.length).toBeLessThan(8 * 1024 * 1024);
    expect(found.cuts.filter(({ cut }) => cut.lineLength === 76).length).toBe(12);
    expect(await verifySplit(found, chunkedBody(raw, [1024 * 1024]))).toBe(true);
  });

  it("says so when a cut is read again and has changed", async () => {
    const raw = aMail(random, [file]);
    const [cut] = (await split(chunkedBody(raw, [4096]))).cuts;
    if (cut === undefined) throw new Error("one cut expected");
    raw[cut.cut.offset + 100] = 32;
    await expect(collect(cut.content())).rejects.toMatchObject({ code: "corrupt" });
  });

  it("says so when a body gives other bytes than it announced", async () => {
    const raw = aMail(random, [file]);
    await expect(split({ ...chunkedBody(raw, [4096]), size: raw.length + 1 })).rejects.toMatchObject({
      code: "corrupt",
    });
  });
});

describe("split, whatever the bytes", () => {
  const eols = ["\r\n", "\n", "\r"];

  function anyPiece(random: Seeded): string {
    const eol = random.pick(eols);
    const lineLength = random.pick([random.below(300) + 1, 76, 76, 60, 64, 72, 75, 77, 78, 1000, 6000]);
    const content = random.bytes(random.pick([0, 10, 3000, 4096, 5000, 12_000, 30_000]) + random.below(60));
    const base64 = base64Lines(content, lineLength, eol);
    const damaged = random.below(base64.length + 1);
    switch (random.below(8)) {
      case 0:
        return prose(random, 3000, eol);
      case 1:
        return content.toString("latin1");
      case 2:
        return (
          base64.slice(0, damaged) + random.pick(["-", "=", " ", "A", "\n", "\r", "\r\n", "_"]) + base64.slice(damaged)
        );
      case 3:
        return base64.slice(0, damaged) + random.pick(["-", "=", " ", "A", "\n"]) + base64.slice(damaged + 1);
      default:
        return base64 + random.pick(["", eol, eol + eol, "\r\n", "\n", "==", "\r"]);
    }
  }

  it("gives back every byte, in memory and in windows of every kind", { timeout: 120_000 }, async () => {
    let cuts = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = seeded(seed);
      const text = Array.from({ length: 1 + random.below(6) }, () => anyPiece(random)).join("");
      const raw = Buffer.from(text, "latin1");
      const chunks = Array.from({ length: 3 }, () => 1 + random.below(random.pick([10, 1000, 300_000])));
      cuts += (await provesExact(raw, chunks)).length;
    }
    // Otherwise the generator would have lost its purpose.
    expect(cuts).toBeGreaterThan(250);
  });
});

describe("split, on real mail", () => {
  const corpus = join(import.meta.dirname, "../../../../shared/corpus");
  const files = existsSync(corpus)
    ? readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".eml"))
    : [];

  it.skipIf(files.length === 0)(
    `gives back every message and its LF and CRLF forms${files.length === 0 ? " (skipped: no corpus)" : ""}`,
    { timeout: 300_000 },
    async () => {
      let cuts = 0;
      for (const [index, name] of files.entries()) {
        const raw = readFileSync(join(corpus, name));
        const lf = Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
        const crlf = Buffer.from(lf.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
        for (const variant of [raw, lf, crlf]) cuts += (await provesExact(variant, [1 + (index % 7), 65_537])).length;
      }
      expect(cuts).toBeGreaterThan(100);
    },
  );
});
