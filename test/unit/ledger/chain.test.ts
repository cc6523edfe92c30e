import { describe, expect, it } from "vitest";
import { type Sha256, sha256 } from "../../../lib/core/digest.js";
import type { MailboxId } from "../../../lib/core/ids.js";
import { checkChain, checkLink, type StoredRecord } from "../../../lib/ledger/chain.js";
import { encodeRecord } from "../../../lib/ledger/codec.js";
import { type LedgerRecord, ledgerName } from "../../../lib/ledger/record.js";
import { aMessage, aRecord, mailbox } from "./a-record.js";

/** A chain of `count` records; `change` alters one before it is stored, so that later links name the altered bytes. */
function aChain(count: number, change: (record: LedgerRecord) => LedgerRecord = (record) => record): StoredRecord[] {
  let previous: Sha256 | null = null;
  return Array.from({ length: count }, (_, index) => {
    const record = change(aRecord(index + 1, previous));
    const stored = encodeRecord(record);
    previous = stored.sha256;
    return { name: ledgerName(mailbox, index + 1), bytes: stored.bytes };
  });
}

const second = (change: Partial<LedgerRecord>) => (record: LedgerRecord) =>
  record.seq === 2 ? { ...record, ...change } : record;
const pack = aRecord(2, null).pack as NonNullable<LedgerRecord["pack"]>;
const other = sha256(Buffer.from("other"));
const kinds = (records: StoredRecord[]) =>
  checkChain(records).map(({ kind, name }) => `${name.slice(-16, -8)} ${kind}`);

describe("the chain of a mailbox", () => {
  it("is whole when every record names the one before", () => {
    expect(checkChain([])).toEqual([]);
    expect(checkChain(aChain(5))).toEqual([]);
  });

  it("holds commits that stored nothing", () => {
    expect(checkChain(aChain(3, second({ pack: null, stored: [] })))).toEqual([]);
  });

  it.each<[string, StoredRecord[], string[]]>([
    ["a missing record", aChain(4).toSpliced(1, 1), ["00000003 gap"]],
    ["a missing first record", aChain(3).slice(1), ["00000002 gap"]],
    ["a record twice", [...aChain(2), ...aChain(2).slice(1)], ["00000002 out-of-order"]],
    [
      "a record replaced by another",
      aChain(3).with(1, aChain(3, second({ run: "r_0000000000002_00000002" }))[1] as StoredRecord),
      ["00000003 broken-link"],
    ],
    [
      "a first record with a predecessor",
      aChain(1, (record) => ({ ...record, previous: other })),
      ["00000001 broken-link"],
    ],
    ["a record without a predecessor", aChain(2, second({ previous: null })), ["00000002 broken-link"]],
    [
      "an unreadable record",
      aChain(3).with(1, { name: ledgerName(mailbox, 2), bytes: Buffer.from("x") }),
      ["00000002 unreadable", "00000003 broken-link"],
    ],
    [
      "a record of another mailbox",
      aChain(3, second({ mailbox: "other" as MailboxId })),
      ["00000002 wrong-name", "00000002 wrong-mailbox", "00000003 wrong-mailbox"],
    ],
    [
      "a pack whose name is not its hash",
      aChain(2, second({ pack: { ...pack, sha256: other } })),
      ["00000002 wrong-pack-name"],
    ],
    [
      "a pack with another number",
      aChain(2, second({ pack: { ...pack, name: pack.name.replace("00000002", "00000001") } })),
      ["00000002 wrong-pack-name"],
    ],
    ["another root", aChain(2, second({ pack: { ...pack, merkleRoot: other } })), ["00000002 wrong-root"]],
    ["a message left out", aChain(2, second({ stored: [aMessage(4)] })), ["00000002 wrong-root"]],
    [
      "a message in two places",
      aChain(2, second({ stored: [aMessage(4), aMessage(4)] })),
      ["00000002 wrong-stored", "00000002 wrong-root"],
    ],
    ["messages without a pack", aChain(2, second({ pack: null })), ["00000002 wrong-stored"]],
    ["a pack without messages", aChain(2, second({ stored: [] })), ["00000002 wrong-stored", "00000002 wrong-root"]],
  ])("shows %s", (_, records, expected) => {
    expect(kinds(records)).toEqual(expected);
  });

  it("sees any single byte changed in any record but the last", () => {
    const chain = aChain(2);
    const first = chain[0] as StoredRecord;
    for (let at = 0; at < first.bytes.length; at++) {
      const bytes = Buffer.from(first.bytes);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(checkChain(chain.with(0, { ...first, bytes })).length, `byte ${at}`).toBeGreaterThan(0);
    }
  });

  it("can be checked one record at a time", () => {
    const [first, next] = aChain(2) as [StoredRecord, StoredRecord];
    const link = checkLink(undefined, first);
    expect(link.record?.seq).toBe(1);
    expect(link.tip).toEqual({ seq: 1, sha256: sha256(first.bytes), mailbox });
    expect(checkLink(link.tip, next).findings).toEqual([]);
    expect(checkLink(undefined, next).findings).toMatchObject([{ kind: "gap", detail: "records 1 to 1 are missing" }]);
  });
});
