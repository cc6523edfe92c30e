import { describe, expect, it } from "vitest";
import { isMailkeepError, MailkeepError } from "../../../lib/core/errors.js";
import { ledgerName } from "../../../lib/ledger/record.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { openEml } from "../../../lib/reading/eml.js";
import { type AnArchive, anArchive, collected, keyOf } from "../../build/an-archive.js";
import { aMail, prose, seeded } from "../pack/seeded.js";

const MiB = 1024 * 1024;
const damaged = (error: unknown) => isMailkeepError(error, "corrupt") && error.reason === "ARCHIVE_CORRUPT";

async function archiveOf(raw: Buffer): Promise<AnArchive> {
  const archive = anArchive();
  await archive.commit({ stored: [{ raw, id: "a", subject: "Re: Q3/Q4 <final>" }] });
  return archive;
}

const open = (archive: Pick<AnArchive, "rows" | "mailbox"> & { blobs: BlobStore }) =>
  openEml(archive, archive.mailbox, keyOf("a"));

async function flip(archive: AnArchive, name: RegExp, at = 0.5) {
  const found = archive.blobs.names().find((candidate) => name.test(candidate)) ?? "";
  const { bytes } = await archive.blobs.get(found);
  const index = Math.floor(bytes.length * at);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  archive.blobs.tamper(found, bytes);
}

const remove = (archive: AnArchive, name: RegExp) =>
  archive.blobs.tamper(archive.blobs.names().find((candidate) => name.test(candidate)) ?? "", undefined);

const random = seeded(7);
const big = aMail(random, [random.bytes(5 * MiB), Buffer.from(prose(random, 60_000, "\r\n"))]);

describe("the bytes", () => {
  const cases: [string, Buffer][] = [
    ["nothing at all", Buffer.alloc(0)],
    ["one byte", Buffer.from("x")],
    ["no attachment", aMail(seeded(1), [])],
    ["incompressible and compressible attachments", aMail(seeded(2), [seeded(3).bytes(50_000), Buffer.alloc(90_000)])],
    ["LF and odd lines", aMail(seeded(4), [seeded(5).bytes(30_001)], "\n", 61)],
    ["base64 cut off in the middle", aMail(seeded(6), [seeded(5).bytes(30_001)]).subarray(0, 20_000)],
    ["8-bit and NUL", Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256))],
    ["more than is checked first", big],
  ];
  it.each(cases)("come back: %s", async (_, raw) => {
    const archive = await archiveOf(raw);
    const eml = await open(archive);
    expect(eml.size).toBe(raw.length);
    expect((await collected(eml.body)).bytes.equals(raw)).toBe(true);
  });

  it("come in pieces of at most a mebibyte when there are 40 MB, cut or not", async () => {
    const [binary, text] = [seeded(8).bytes(30 * MiB), Buffer.alloc(4 * MiB, "no base64 here, ")];
    const raw = Buffer.concat([aMail(seeded(9), [binary]), text]);
    expect(raw.length).toBeGreaterThan(40 * MiB);
    const { bytes, longest } = await collected((await open(await archiveOf(raw))).body);
    expect(bytes.equals(raw)).toBe(true);
    expect(longest).toBeLessThanOrEqual(MiB);
  });

  it("are read from storage as they are used, not all at once", async () => {
    const archive = await archiveOf(aMail(seeded(10), [seeded(11).bytes(20 * MiB)]));
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
    const { body } = await open({ ...archive, blobs });
    const pieces = body[Symbol.asyncIterator]();
    for (let n = 0; n < 4; n++) await pieces.next();
    expect(read).toBeLessThan(2 * MiB);
    await pieces.return?.();
  });

  it("have a name that is safe to save under", async () => {
    expect((await open(await archiveOf(Buffer.from("x")))).name).toBe("Re_ Q3-Q4 _final_.eml");
  });
});

describe("cuts too many for a row", () => {
  const many = () =>
    aMail(
      seeded(12),
      Array.from({ length: 120 }, (_, n) => seeded(n).bytes(4_100)),
    );

  it("are taken from the ledger", async () => {
    const raw = many();
    const archive = await archiveOf(raw);
    const row = Object.entries(archive.rows.dump()).find(([name]) => name.includes("/t_"))?.[1];
    expect(row?.cuts).toBeUndefined();
    expect((await collected((await open(archive)).body)).bytes.equals(raw)).toBe(true);
  });

  it("are missed when the ledger is lost", async () => {
    const archive = await archiveOf(many());
    archive.blobs.tamper(ledgerName(archive.mailbox, 1), undefined);
    await expect(open(archive)).rejects.toSatisfy(damaged);
  });
});

describe("damage", () => {
  const small = aMail(seeded(20), [seeded(21).bytes(9_000), Buffer.from(prose(seeded(22), 20_000, "\n"))]);
  const breaks: [string, (archive: AnArchive) => void | Promise<void>][] = [
    ["a flipped byte in the pack", (archive) => flip(archive, /\/packs\//, 0.2)],
    ["a flipped byte in an attachment", (archive) => flip(archive, /^attachments\//)],
    ["a missing pack", (archive) => remove(archive, /\/packs\//)],
    ["a missing attachment", (archive) => remove(archive, /^attachments\//)],
  ];

  it.each(breaks)("is found before the first byte of a small message: %s", async (_, damage) => {
    const archive = await archiveOf(small);
    await damage(archive);
    await expect(open(archive)).rejects.toSatisfy(damaged);
  });

  it.each(breaks)("never lets a large message look complete: %s", async (_, damage) => {
    const archive = await archiveOf(big);
    await damage(archive);
    let given = 0;
    const reading = (async () => {
      for await (const piece of (await open(archive)).body) given += piece.length;
    })();
    await expect(reading).rejects.toSatisfy(damaged);
    expect(given).toBeLessThan(big.length);
  });

  it("is not what a failed read is called", async () => {
    const archive = await archiveOf(big);
    const blobs: BlobStore = {
      ...archive.blobs,
      stream: () => Promise.reject(new MailkeepError("unavailable", "storage is down")),
    };
    const reading = (async () => collected((await open({ ...archive, blobs })).body))();
    await expect(reading).rejects.toSatisfy((error) => isMailkeepError(error, "unavailable"));
  });

  it("in a row is not followed anywhere", async () => {
    const archive = await archiveOf(small);
    const [name = "", row] = Object.entries(archive.rows.dump()).find(([name]) => name.includes("/t_")) ?? [];
    const key = { partition: archive.mailbox, row: name.split("/")[2] ?? "" };
    const wrong = [
      { pack: "../../other/packs/00000001-0000000000000000.zip" },
      { entryLength: 100 * MiB },
      { entryCompressedLength: 100 * MiB },
      { cuts: "[{" },
      { cuts: "[]" },
      { size: -1 },
      { sha256: "0".repeat(64) },
    ];
    for (const values of wrong) {
      await archive.rows.upsert("messages", key, { ...row, ...values });
      await expect(open(archive), JSON.stringify(values)).rejects.toSatisfy(damaged);
    }
  });
});

it("says not-found for a message that is not there", async () => {
  const archive = await archiveOf(Buffer.from("x"));
  const reading = openEml(archive, archive.mailbox, keyOf("b"));
  await expect(reading).rejects.toSatisfy(
    (error) => isMailkeepError(error, "not-found") && error.reason === "MESSAGE_NOT_FOUND",
  );
});
