// Appending is the commit: one record for a number, whoever is quicker, and whatever becomes of the answer.
import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { encodeRecord } from "../../../lib/ledger/codec.js";
import { appendRecord, hasLedger, readRecord } from "../../../lib/ledger/journal.js";
import { aRecord, mailbox } from "./a-record.js";

it("gives the head that the next record names", async () => {
  const blobs = memoryBlobStore();
  expect(await hasLedger(blobs, mailbox)).toBe(false);
  const head = await appendRecord(blobs, aRecord(1, null));
  expect(head).toEqual({ seq: 1, sha256: encodeRecord(aRecord(1, null)).sha256 });
  expect(await readRecord(blobs, mailbox, 1)).toEqual({ record: aRecord(1, null), head });
  expect(await readRecord(blobs, mailbox, 2)).toBeUndefined();
  expect(await hasLedger(blobs, mailbox)).toBe(true);
});

it("refuses a second record of the same number, and leaves the first", async () => {
  const blobs = memoryBlobStore();
  await appendRecord(blobs, aRecord(1, null));
  const other = aRecord(1, null, { run: "r_0000000000001_00000002" });
  await expect(appendRecord(blobs, other)).rejects.toMatchObject({ code: "conflict", reason: "LEDGER_RECORD_TAKEN" });
  expect((await readRecord(blobs, mailbox, 1))?.record).toEqual(aRecord(1, null));
});

it("knows its own record when the answer to the write was lost", async () => {
  const blobs = memoryBlobStore();
  const first = await appendRecord(blobs, aRecord(1, null));
  // The repeated write finds the name taken: by itself.
  expect(await appendRecord(blobs, aRecord(1, null))).toEqual(first);
});

it("takes only the store's own word for an absence", async () => {
  const blobs = { ...memoryBlobStore(), get: async () => Promise.reject(new MailkeepError("unavailable", "busy")) };
  await expect(readRecord(blobs, mailbox, 1)).rejects.toMatchObject({ code: "unavailable" });
});
