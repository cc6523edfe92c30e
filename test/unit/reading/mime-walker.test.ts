import { expect, it } from "vitest";
import { MimeWalker } from "../../../lib/reading/mime-walker.js";
import { transferDecoder } from "../../../lib/reading/transfer-decoder.js";
import { aMail, seeded } from "../pack/seeded.js";

/** The walk as text, so that walks in different chunks can be compared; `sizes` are taken in turn. */
function walked(raw: Buffer, sizes: number[]): string[] {
  const walker = new MimeWalker();
  const parts: { head: string; pieces: Buffer[]; decode: ReturnType<typeof transferDecoder> }[] = [];
  const take = (items: Iterable<ReturnType<MimeWalker["push"]> extends Iterable<infer I> ? I : never>) => {
    for (const item of items) {
      const last = parts.at(-1);
      if (item.kind === "part")
        parts.push({ head: JSON.stringify(item.head), pieces: [], decode: transferDecoder(item.head.encoding) });
      else last?.pieces.push(Buffer.from(last.decode.push(item.bytes)));
    }
  };
  for (let at = 0, turn = 0; at < raw.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    take(walker.push(raw.subarray(at, at + size)));
    at += size;
  }
  take(walker.end());
  return parts.map(({ head, pieces, decode }) => `${head} ${Buffer.concat([...pieces, decode.end()]).toString("hex")}`);
}

const lines = ["--b", "--b--", "--c", "--c--", "--", "-", "", "text", "\r", "=", "=4", "a=3D=", "QUJD", "QQ==", " --b"];
const headers = [
  "Content-Type: multipart/mixed; boundary=b",
  'content-type: multipart/alternative;\r\n boundary="c"',
  "Content-Type: text/plain; name=x",
  "Content-Transfer-Encoding: base64",
  "Content-Transfer-Encoding: quoted-printable",
  "Subject: none of this",
  "no header",
];

it("gives the same whatever the chunks", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seeded(seed);
    const line = () => random.pick(random.below(3) === 0 ? headers : lines) + random.pick(["\r\n", "\n", "\r\n", ""]);
    const raw = Buffer.from(`${headers[0]}\r\n\r\n${Array.from({ length: 60 }, line).join("")}`);
    const whole = walked(raw, [raw.length]);
    for (const sizes of [[1], [2], [3, 1, 7], [64]]) expect(walked(raw, sizes), `seed ${seed}`).toEqual(whole);
  }
  const mail = aMail(seeded(1), [seeded(2).bytes(10_000)]);
  expect(walked(mail, [1])).toEqual(walked(mail, [mail.length]));
});

it("leaves the line ending before a boundary to the boundary, and only that one", () => {
  const content = (body: string, index = 0) =>
    Buffer.from(
      walked(Buffer.from(`Content-Type: multipart/x; boundary=b\n\n--b\n\n${body}`), [1])
        [index]?.split(" ")
        .at(-1) ?? "",
      "hex",
    ).toString();
  expect(content("x\n--b\n\ny\n--b--", 1)).toBe("y");
  expect(content("x\n--b--\n")).toBe("x");
  expect(content("x\r\n\r\n--b--")).toBe("x\r\n");
  expect(content("x\r\r\n--b\n")).toBe("x\r");
  expect(content("x\n\n\n--b\n")).toBe("x\n\n");
  expect(content("x\n-\n--\n--b\n")).toBe("x\n-\n--");
  expect(content("--b--\nepilogue")).toBe("");
  expect(content("x\n")).toBe("x\n");
  expect(content("x--b\n")).toBe("x--b\n");
});
