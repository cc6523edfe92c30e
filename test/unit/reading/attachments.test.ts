import { simpleParser } from "mailparser";
import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { sha256 } from "../../../lib/core/digest.js";
import { isMailkeepError } from "../../../lib/core/errors.js";
import { attachmentPath } from "../../../lib/ledger/record.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { type AttachmentDeps, listAttachments, openAttachment } from "../../../lib/reading/attachments.js";
import { parsingLimitMs } from "../../../lib/reading/mime-parts.js";
import { deepestNesting, mostParts } from "../../../lib/reading/mime-walker.js";
import { anArchive, collected, keyOf } from "../../build/an-archive.js";
import { base64Lines, seeded } from "../pack/seeded.js";

const MiB = 1024 * 1024;

async function archiveOf(raw: string | Buffer) {
  const archive = anArchive();
  await archive.commit({ stored: [{ raw: Buffer.from(raw as string, "latin1"), id: "a" }] });
  return { ...archive, clock: stoppedClock(new Date(0)) };
}

type Archive = Awaited<ReturnType<typeof archiveOf>>;
const list = (archive: Archive, deps: AttachmentDeps = archive) => listAttachments(deps, archive.mailbox, keyOf("a"));
const open = (archive: Archive, number: number, deps: AttachmentDeps = archive) =>
  openAttachment(deps, archive.mailbox, keyOf("a"), number);

const tooComplex = (error: unknown) => isMailkeepError(error, "too-large") && error.reason === "MESSAGE_TOO_COMPLEX";

/** A multipart message of these parts: headers and content of each. */
function mixed(parts: [string, string][], { eol = "\r\n", subtype = "mixed" } = {}): string {
  const head = `MIME-Version: 1.0${eol}Content-Type: multipart/${subtype}; boundary="=_b"${eol}${eol}preamble${eol}`;
  const body = parts.map(([header, content]) => `--=_b${eol}${header}${eol}${eol}${content}${eol}`).join("");
  return `${head}${body}--=_b--${eol}epilogue${eol}`;
}

const inBase64 = (content: Buffer, eol = "\r\n") => base64Lines(content, 76, eol);
const part = (header: string, content: Buffer): [string, string] => [
  `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n${header}`,
  inBase64(content),
];

describe("what counts", () => {
  it("is every part but the texts that are read as the message", async () => {
    const archive = await archiveOf(
      mixed([
        ["Content-Type: text/plain", "hello"],
        ["Content-Type: text/html; charset=utf-8\r\nContent-Disposition: inline", "<b>hello</b>"],
        ["", "no header is a text too"],
        ["Content-Type: text/plain; name=notes.txt", "named"],
        ["Content-Type: text/html\r\nContent-Disposition: attachment", "marked"],
        ["Content-Type: image/png; name=a.png\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: base64", "AAEC"],
        ["Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"],
        ["Content-Type: message/delivery-status", "Status: 5.1.1"],
        ["Content-Type: message/rfc822", mixed([part("", Buffer.from("inner"))]).replaceAll("=_b", "=_inner")],
      ]),
    );
    const all = await list(archive);
    expect(all.map(({ number, filename, contentType, inline }) => [number, filename, contentType, inline])).toEqual([
      [1, "notes.txt", "text/plain", false],
      [2, "attachment-2", "text/html", false],
      [3, "a.png", "image/png", true],
      [4, "attachment-4", "text/calendar", false],
      [5, "attachment-5", "message/delivery-status", false],
      [6, "attachment-6.eml", "message/rfc822", false],
    ]);
    expect(all[2]).toMatchObject({ contentId: "a@b", size: 3, sha256: sha256(Buffer.from([0, 1, 2])) });
  });

  it("is nothing in a plain message, and the whole of one that is a file itself", async () => {
    expect(await list(await archiveOf("Subject: x\r\n\r\nhello\r\n"))).toEqual([]);
    expect(await list(await archiveOf(""))).toEqual([]);
    const pdf = "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n";
    expect(await list(await archiveOf(pdf))).toMatchObject([{ filename: "a.pdf", size: 4 }]);
  });
});

describe("the bytes", () => {
  const binary = seeded(1).bytes(5_000);
  const cases: [string, string, string, Buffer][] = [
    ["base64", "Content-Transfer-Encoding: BASE64", inBase64(binary), binary],
    ["base64 with a comment and blanks", "Content-Transfer-Encoding:  base64 (really) ", inBase64(binary), binary],
    ["base64 in one line", "Content-Transfer-Encoding: base64", binary.toString("base64"), binary],
    ["base64 with noise", "Content-Transfer-Encoding: base64", "!A A\r\n\r\nE*C\r\n", Buffer.from([0, 1, 2])],
    ["base64 without padding", "Content-Transfer-Encoding: base64", "AAEC\r\nAw", Buffer.from([0, 1, 2, 3])],
    ["base64 padded in the middle", "Content-Transfer-Encoding: base64", "QQ==\r\nQkI=\r\nQ0ND", Buffer.from("ABBCCC")],
    [
      "quoted-printable",
      "Content-Transfer-Encoding: quoted-printable",
      "a=3D=\r\nb=e4=C3\r\nc",
      Buffer.from("a=b\xe4\xc3\r\nc", "latin1"),
    ],
    [
      "quoted-printable, broken",
      "Content-Transfer-Encoding: quoted-printable",
      "a=zz=4=  \r\n\xe4 \r\n=",
      Buffer.from("a=zz=4\xe4 \r\n", "latin1"),
    ],
    [
      "7bit",
      "Content-Transfer-Encoding: 7bit",
      "a\r\n\r\n--not it\r\n-\r\n",
      Buffer.from("a\r\n\r\n--not it\r\n-\r\n"),
    ],
    ["8bit", "Content-Transfer-Encoding: 8bit", "\xff\0\r\r\n\n\r", Buffer.from("\xff\0\r\r\n\n\r", "latin1")],
    ["empty", "Content-Transfer-Encoding: base64", "", Buffer.alloc(0)],
  ];
  it.each(cases)("are decoded: %s", async (_, header, content, expected) => {
    const head = `Content-Disposition: attachment; filename=x.bin\r\n${header}`;
    const archive = await archiveOf(mixed([["", "text"], [head, content], part("", Buffer.from("after"))]));
    const opened = await open(archive, 1);
    const { bytes } = await collected(opened.body);
    expect(bytes.toString("hex")).toBe(expected.toString("hex"));
    expect(opened).toMatchObject({ size: expected.length, sha256: sha256(expected), filename: "x.bin" });
    expect(await list(archive)).toHaveLength(2);
  });

  it("are those another parser finds in nested mail of any line ending", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seeded(seed);
      const eol = random.pick(["\r\n", "\n"]);
      const file = (): [string, string] => {
        const content = random.bytes(random.below(60_000));
        const header = `Content-Type: application/x-test; name="f${random.below(99)}.bin"${eol}Content-Transfer-Encoding: base64`;
        return [header, base64Lines(content, random.pick([4, 60, 76, 1_000_000]), eol)];
      };
      const text = (): [string, string] => [`Content-Type: text/plain`, `some text${eol}--=_${eol}`];
      const inner = mixed([text(), file(), file()], { eol, subtype: "related" }).replaceAll("=_b", "=_b_inner");
      const cut = inner.indexOf("Content-Type");
      const nested: [string, string] = [
        inner.slice(cut, inner.indexOf(eol + eol)),
        inner.slice(inner.indexOf(eol + eol) + 2 * eol.length),
      ];
      const raw = mixed([nested, file(), text(), file()], { eol });
      const found = await list(await archiveOf(raw));
      const options = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };
      const { attachments } = await simpleParser(Buffer.from(raw, "latin1"), options);
      expect(found).toHaveLength(4);
      expect(found.map((one) => [one.filename, one.sha256])).toEqual(
        attachments.map(({ filename, content }) => [filename, sha256(content)]),
      );
    }
  });

  it("stream when they are large, in bounded pieces, and nothing is read that is not asked for", async () => {
    const content = seeded(2).bytes(20 * MiB);
    const archive = await archiveOf(mixed([part("", content), part("", Buffer.from("small"))]));
    let read = 0;
    const blobs: BlobStore = {
      ...archive.blobs,
      async stream(name) {
        const opened = await archive.blobs.stream(name);
        const body = (async function* () {
          for await (const chunk of opened.body) {
            read += chunk.length;
            yield chunk;
          }
        })();
        return { ...opened, body };
      },
    };
    const opened = await open(archive, 1, { ...archive, blobs });
    read = 0;
    const pieces = opened.body[Symbol.asyncIterator]();
    await pieces.next();
    expect(read).toBeLessThan(MiB);
    await pieces.return?.();
    const { bytes, longest } = await collected((await open(archive, 1)).body);
    expect(bytes.equals(content)).toBe(true);
    expect(longest).toBeLessThanOrEqual(MiB);
    expect((await collected((await open(archive, 2)).body)).bytes.toString()).toBe("small");
  });

  it("are not given out when the archive has lost or changed them", async () => {
    const content = seeded(3).bytes(9 * MiB);
    const archive = await archiveOf(mixed([part("", content), part("", seeded(5).bytes(2 * MiB))]));
    const opened = await open(archive, 1);
    const name = attachmentPath(sha256(content));
    const { bytes } = await archive.blobs.get(name);
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    archive.blobs.tamper(name, bytes);
    const corrupt = (error: unknown) => isMailkeepError(error, "corrupt") && error.reason === "ARCHIVE_CORRUPT";
    await expect(collected(opened.body)).rejects.toSatisfy(corrupt);
    await expect(open(archive, 1)).rejects.toSatisfy(corrupt);
    await expect(list(archive)).rejects.toSatisfy(corrupt);
  });
});

describe("structure that is not as it should be", () => {
  const file = (name: string) => part(`Content-Disposition: attachment; filename=${name}`, Buffer.from(name));
  const names = async (raw: string) => (await list(await archiveOf(raw))).map(({ filename }) => filename);
  const whole = mixed([file("a"), file("b")]);

  it("loses nothing: blanks after boundaries, no closing boundary, boundaries in the middle of lines", async () => {
    expect(await names(whole)).toEqual(["a", "b"]);
    expect(await names(whole.replaceAll("--=_b", "--=_b \t").replace("--=_b \t--", "--=_b--  "))).toEqual(["a", "b"]);
    expect(await names(whole.slice(0, whole.indexOf("--=_b--")))).toEqual(["a", "b"]);
    expect(await names(whole.replace("preamble", "x--=_b\r\n--=_bc\r\n --=_b"))).toEqual(["a", "b"]);
    expect(await names(whole.replaceAll("\r\n", "\n"))).toEqual(["a", "b"]);
  });

  it("ends inner parts that were never closed with the boundary of an outer one", async () => {
    const inner = 'Content-Type: multipart/related; boundary="in"';
    const raw = mixed([[inner, `--in\r\n${file("a").join("\r\n\r\n")}`], file("b")]);
    const all = await list(await archiveOf(raw));
    expect(all.map(({ filename, size }) => [filename, size])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("takes base64 for content that follows the header at once", async () => {
    const content = Buffer.alloc(100, "x");
    const raw = mixed([["Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\nX-Last: 1", ""]]);
    const broken = raw.replace("X-Last: 1\r\n\r\n", `X-Last: 1\r\n${content.toString("base64")}`);
    expect(await list(await archiveOf(broken))).toMatchObject([{ size: 100, sha256: sha256(content) }]);
  });

  it("takes messages of a digest for what they are", async () => {
    const raw = mixed([["", "Subject: inner\r\n\r\nx"]], { subtype: "digest" });
    expect(await list(await archiveOf(raw))).toMatchObject([
      { contentType: "message/rfc822", filename: "attachment-1.eml" },
    ]);
  });
});

describe("names that senders chose", () => {
  const name = async (header: string) => {
    const archive = await archiveOf(mixed([[header, "x"]]));
    return (await list(archive))[0]?.filename;
  };
  const cases: [string, string][] = [
    ['Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"],
    ['Content-Disposition: attachment; filename="C:\\\\temp\\\\x.exe"', "x.exe"],
    ['Content-Type: x/y; name="=?utf-8?B?w5xiZXIucGRm?="', "Über.pdf"],
    ["Content-Disposition: attachment; filename*=utf-8''%E2%82%AC%20rates.pdf", "€ rates.pdf"],
    ["Content-Disposition: attachment;\r\n filename*0*=iso-8859-1''%C4;\r\n filename*1=\"b.txt\"", "Äb.txt"],
    ['Content-Disposition: attachment; filename="\xc3\x84.txt"', "Ä.txt"],
    ['Content-Disposition: attachment; filename="\xc4.txt"', "Ä.txt"],
    ['Content-Disposition: attachment; filename="=?utf-8?Q?a=0D=0ASet-Cookie:_b=2Etxt?="', "a Set-Cookie_ b.txt"],
    ['Content-Disposition: attachment; filename="=?utf-8?Q?..=2F..=2Fx?="', "x"],
    ['Content-Disposition: attachment; filename="=?utf-8?Q?evil=E2=80=AEfdp.exe?="', "evilfdp.exe"],
    ['Content-Disposition: attachment; filename="=?no-such-charset?B?eA==?="', "x"],
    ['Content-Disposition: attachment; __proto__=x; filename=".."', "attachment-1"],
  ];
  it.each(cases)("are made safe: %s", async (header, safe) => {
    expect(await name(header)).toBe(safe);
  });

  it("are shortened, their ending kept", async () => {
    const header = `Content-Disposition: attachment; filename="${"n".repeat(5_000)}.pdf"`;
    expect(await name(header)).toBe(`${"n".repeat(176)}.pdf`);
  });

  it("say nothing the door could trip over as a type", async () => {
    const archive = await archiveOf(mixed([["Content-Type: text/x\xe4; name=a", "x"]]));
    expect((await list(archive))[0]?.contentType).toBe("application/octet-stream");
  });
});

describe("bounds", () => {
  it("refuse too many parts, too deep nesting and too long headers", async () => {
    const part: [string, string] = ["", "x"];
    const parts = (count: number) => mixed(Array.from({ length: count }, () => part));
    expect(await list(await archiveOf(parts(mostParts - 1)))).toEqual([]);
    await expect(list(await archiveOf(parts(mostParts)))).rejects.toSatisfy(tooComplex);
    const nest = (depth: number) =>
      Array.from({ length: depth }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join(
        "",
      );
    expect(await list(await archiveOf(nest(deepestNesting)))).toEqual([]);
    await expect(list(await archiveOf(nest(deepestNesting + 1)))).rejects.toSatisfy(tooComplex);
    const long = (name: string) => archiveOf(`${name}: ${"x".repeat(100_000)}\r\n\r\nx`);
    expect(await list(await long("To"))).toEqual([]);
    await expect(list(await long("Content-Type"))).rejects.toSatisfy(tooComplex);
  });

  it("end a reading that takes too long, but not one whose reader takes long", async () => {
    const archive = await archiveOf(mixed([part("", seeded(4).bytes(5 * MiB))]));
    const opened = await open(archive, 1);
    for await (const _ of opened.body) archive.clock.advance(parsingLimitMs);
    const blobs: BlobStore = {
      ...archive.blobs,
      async stream(name) {
        archive.clock.advance(parsingLimitMs + 1);
        return archive.blobs.stream(name);
      },
    };
    await expect(list(archive, { ...archive, blobs })).rejects.toSatisfy(tooComplex);
  });

  it("say not-found for a number that no attachment has", async () => {
    const archive = await archiveOf(mixed([part("", Buffer.from("x"))]));
    for (const number of [0, 2, -1, 1.5, Number.NaN])
      await expect(open(archive, number)).rejects.toSatisfy(
        (error) => isMailkeepError(error, "not-found") && error.reason === "ATTACHMENT_NOT_FOUND",
      );
  });
});
