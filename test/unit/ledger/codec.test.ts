import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/core/digest.js";
import { decodeRecord, encodeRecord, longestRecordBytes } from "../../../lib/ledger/codec.js";
import type { LedgerRecord } from "../../../lib/ledger/record.js";
import { aRecord } from "./a-record.js";

describe("ledger records as bytes", () => {
  const record = aRecord(1, null);

  it("come back as they were", () => {
    const { bytes, sha256: hash } = encodeRecord(record);
    expect(decodeRecord(bytes)).toEqual(record);
    expect(hash).toBe(sha256(bytes));
  });

  it("are the same for the same record, whatever the order of its keys", () => {
    const turned = Object.fromEntries(Object.entries(record).reverse()) as LedgerRecord;
    expect(encodeRecord(turned).sha256).toBe(encodeRecord(record).sha256);
  });

  it("are one gzip member that carries no time (RFC 1952 section 2.3.1)", () => {
    const { bytes } = encodeRecord(record);
    expect([...bytes.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(record);
  });

  it("are never written so that they could not be read", () => {
    const bad = { ...record, seq: 0, stored: [{ ...record.stored[0], subject: 5 }] } as unknown as LedgerRecord;
    expect(() => encodeRecord(bad)).toThrow(
      expect.objectContaining({
        code: "invalid",
        message: "ledger record: seq (too_small), stored.0.subject (invalid_type)",
      }),
    );
  });

  it.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["no gzip", Buffer.from("{}")],
    ["no JSON", gzipSync("secret words")],
    ["another document", gzipSync("{}")],
    ["a later format version", gzipSync(JSON.stringify({ ...record, formatVersion: 2 }))],
    ["half a record", encodeRecord(record).bytes.subarray(0, -20)],
    ["a damaged record", Buffer.from(encodeRecord(record).bytes).fill(0, 60, 64)],
  ])("are refused: %s", (_, bytes) => {
    expect(() => decodeRecord(bytes)).toThrow(
      expect.objectContaining({ code: "corrupt", reason: "LEDGER_RECORD_DAMAGED" }),
    );
  });

  it("never quote mail in an error", () => {
    expect(() => decodeRecord(gzipSync("secret words"))).toThrow(
      /^ledger record: not gzipped JSON \(it does not parse\)$/,
    );
  });

  it("may not be a bomb", { timeout: 30_000 }, () => {
    const bomb = gzipSync(Buffer.alloc(longestRecordBytes + 1, " "), { level: 1 });
    expect(() => decodeRecord(bomb)).toThrow(
      expect.objectContaining({ code: "corrupt", message: expect.stringContaining("ERR_BUFFER_TOO_LARGE") }),
    );
  });
});
