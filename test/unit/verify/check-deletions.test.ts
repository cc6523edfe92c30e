import { describe, expect, it } from "vitest";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { listRow } from "../../../lib/catalog/rows.js";
import { sha256 } from "../../../lib/core/digest.js";
import type { MailboxId, MessageKey } from "../../../lib/core/ids.js";
import type { LedgerEvent, LedgerRecord } from "../../../lib/ledger/record.js";
import { followDeletions, type OpenIntent, reportOpen } from "../../../lib/verify/check-deletions.js";

const mailbox = "box" as MailboxId;
const key = "0123456789abcdef0123456789abcdef" as MessageKey;
const receivedAt = "2025-01-01T00:00:00Z";
const hash = sha256(Buffer.from("mail"));
const other = sha256(Buffer.from("other mail"));
const about = { key, receivedAt, id: "id", action: "delete" as const, changeKey: "c", size: 4, rule: hash, run: "r" };
const deleting = (of = hash): LedgerEvent => ({ kind: "deleting", ...about, folderId: "f", sha256: of });
const deleted = (of = hash): LedgerEvent => ({ kind: "deleted", ...about, at: receivedAt, sha256: of });
const kept: LedgerEvent = { kind: "kept", key, receivedAt, cause: "changed" };

async function follow(...records: LedgerEvent[][]) {
  const rows = memoryRowStore();
  await rows.upsert("messages", { partition: mailbox, row: listRow(receivedAt, key) }, { sha256: hash });
  const found: string[] = [];
  let open: OpenIntent[] = [];
  for (const [index, events] of records.entries()) {
    const record = { seq: index + 1, time: "2026-03-01T00:00:00Z", events, mailbox } as LedgerRecord;
    open = await followDeletions(open, record, { rows, found: (code) => void found.push(code) });
  }
  return { found, open };
}

describe("deletions in a ledger", () => {
  it.each([
    ["an intent and its receipt", [[deleting()], [deleted()]], []],
    ["an intent that came to nothing", [[deleting()], [kept], [deleting()], [deleted()]], []],
    ["a receipt without an intent", [[deleted()]], ["receipt-stray"]],
    ["two receipts for one intent", [[deleting()], [deleted()], [deleted()]], ["receipt-stray"]],
    ["an end without an intent", [[kept]], ["receipt-stray"]],
    ["a receipt of other bytes", [[deleting()], [deleted(other)]], ["receipt-differs"]],
    ["an intent of other bytes", [[deleting(other)], [deleted(other)]], ["receipt-differs"]],
  ])("%s", async (_name, records, codes) => {
    expect(await follow(...records)).toEqual({ found: codes, open: [] });
  });

  it("are open for a day at the most", async () => {
    const { open } = await follow([deleting()]);
    expect(open).toEqual([{ key, seq: 1, at: "2026-03-01T00:00:00Z", sha256: hash }]);
    const codes = (now: string) => {
      const found: string[] = [];
      reportOpen(open, new Date(now), (code) => void found.push(code));
      return found;
    };
    expect(codes("2026-03-01T23:00:00Z")).toEqual([]);
    expect(codes("2026-03-02T01:00:00Z")).toEqual(["deletion-open"]);
  });
});
