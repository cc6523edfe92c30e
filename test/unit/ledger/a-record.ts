// Ledger records for tests.
import { sha256 } from "../../../lib/core/digest.js";
import type { MailboxId, MessageKey } from "../../../lib/core/ids.js";
import { merkleRoot } from "../../../lib/ledger/merkle.js";
import { type LedgerRecord, packName } from "../../../lib/ledger/record.js";
import type { MessageRecord } from "../../../lib/pack/manifest.js";

export const mailbox = "0f5c7a3e-1111-4222-8333-444455556666" as MailboxId;

export function aMessage(index: number): MessageRecord {
  return {
    key: index.toString(16).padStart(32, "0") as MessageKey,
    id: `AAMk${index}`,
    version: 1,
    folderId: "inbox",
    folderPath: "/Inbox",
    receivedAt: "2026-03-01T10:00:00Z",
    subject: `Message ${index}`,
    from: { name: "Anna", email: "anna@contoso.com" },
    size: 3,
    sha256: sha256(Buffer.from(`message ${index}`)),
    fidelity: "mime",
    entry: { name: `m/${index}.eml`, offset: 0, compressedLength: 3, length: 3 },
    cuts: [],
  };
}

/** The record of commit `seq`, with two messages. */
export function aRecord(
  seq: number,
  previous: LedgerRecord["previous"],
  change: Partial<LedgerRecord> = {},
): LedgerRecord {
  const stored = [aMessage(seq * 2), aMessage(seq * 2 + 1)];
  const hash = sha256(Buffer.from(`pack ${seq}`));
  return {
    format: "mailkeep-ledger",
    formatVersion: 1,
    mailbox,
    seq,
    previous,
    pack: { name: packName(seq, hash), sha256: hash, size: 100, merkleRoot: merkleRoot(stored.map((m) => m.sha256)) },
    stored,
    events: [{ kind: "gone", id: "AAMk0", folderId: "inbox" }],
    cursors: [{ profile: "p_0000000000000001", folderId: "inbox", link: "https://example.com/delta", kind: "delta" }],
    run: "r_0000000000001_00000001",
    time: "2026-03-01T10:05:00.000Z",
    program: "0.1.0",
    ...change,
  };
}
