import { expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { isMailkeepError } from "../../../lib/core/errors.js";
import type { BlobStore } from "../../../lib/ports/blob-store.js";
import { openContent, verified } from "../../../lib/reading/content.js";
import { anArchive, collected } from "../../build/an-archive.js";

const damaged = (error: unknown) => isMailkeepError(error, "corrupt") && error.reason === "ARCHIVE_CORRUPT";
const right = Buffer.from("the right bytes");
const expected = { size: right.length, sha256: sha256(right), subject: "a message" };

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

it("passes on what is right, whatever its chunks", async () => {
  for (const texts of [["the right bytes"], ["the ", "", "right", " bytes", ""]])
    expect((await collected(verified(chunks(...texts), expected))).bytes).toEqual(right);
});

it("holds back the end of what is wrong", async () => {
  for (const texts of [["the right", " bytes", " and more"], ["the right", " byte"], ["the wrong", " bytes"], []]) {
    const given: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of verified(chunks(...texts), expected)) given.push(chunk);
    })();
    await expect(reading).rejects.toSatisfy(damaged);
    expect(Buffer.concat(given).length).toBeLessThan(right.length);
  }
});

it("asks storage for no more than a message can need, whatever a row says", async () => {
  const archive = anArchive();
  const [record] = await archive.commit({ stored: [{ raw: right }] });
  if (record === undefined) throw new Error("nothing was stored");
  const asked: number[] = [];
  const blobs: BlobStore = {
    ...archive.blobs,
    getRange(name, offset, length) {
      asked.push(length);
      return archive.blobs.getRange(name, offset, length);
    },
  };
  const pack = archive.blobs.names().find((name) => name.endsWith(".zip")) ?? "";
  const content = { ...record, pack: pack.split("/").at(-1) ?? "" };
  const huge = 100 * 1024 * 1024;
  for (const wrong of [
    { entry: { ...record.entry, compressedLength: huge } },
    { size: huge, entry: { ...record.entry, length: huge } },
    { entry: { ...record.entry, length: huge } },
  ])
    await expect(openContent(blobs, archive.mailbox, { ...content, ...wrong })).rejects.toSatisfy(damaged);
  expect(asked).toEqual([]);
  expect((await collected(await openContent(blobs, archive.mailbox, content))).bytes).toEqual(right);
});
