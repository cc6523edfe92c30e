// Which packs are joined: small ones, in order, at most as much as one full pack holds, and never a few alone.
import { expect, it } from "vitest";
import { LivePacks } from "../../../lib/housekeeping/joinable.js";
import type { LedgerRecord } from "../../../lib/ledger/record.js";

const mib = 1024 * 1024;
const messages = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `k${n}` }));
const facts = (seq: number, size: number) => ({ name: `${seq}`, sha256: `${seq}`, size, merkleRoot: "" });
const storing = (seq: number, { size = 1000, count = 1 } = {}) =>
  ({ seq, pack: facts(seq, size), stored: messages(count), events: [] }) as unknown as LedgerRecord;
const eventsOnly = (seq: number) => ({ seq, pack: null, stored: [], events: [] }) as unknown as LedgerRecord;
const joining = (seq: number, replaced: number[], size = 1000) =>
  ({
    seq,
    pack: null,
    stored: [],
    events: [
      { kind: "repacked", replaced: replaced.map((old) => ({ seq: old })), pack: facts(seq, size), messages: [] },
    ],
  }) as unknown as LedgerRecord;

function groups(records: LedgerRecord[], last = 1_000_000) {
  const live = new LivePacks();
  for (const record of records) live.add(record);
  return live.groups(last).map((group) => group.map(({ seq }) => seq));
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);
const packs = (first: number, count: number, like = {}) => from(first, count).map((seq) => storing(seq, like));

it("joins eight and leaves seven", () => {
  expect(groups(packs(1, 8))).toEqual([from(1, 8)]);
  expect(groups(packs(1, 7))).toEqual([]);
});

it("passes over large packs and records without one", () => {
  const large = storing(3, { size: 4 * mib });
  expect(groups([storing(1), eventsOnly(2), large, ...packs(4, 7)])).toEqual([[1, ...from(4, 7)]]);
});

it("fills packs up to 16 MiB or 2,000 messages and leaves a rest that is too few", () => {
  expect(groups(packs(1, 20, { size: 2 * mib }))).toEqual([from(1, 8), from(9, 8)]);
  expect(groups(packs(1, 20, { count: 250 }))).toEqual([from(1, 8), from(9, 8)]);
  expect(groups(packs(1, 20, { count: 251 }))).toEqual([]);
});

it("leaves what was replaced, and takes what replaced it for a pack like any other", () => {
  const records = [...packs(1, 8), joining(9, from(1, 8))];
  expect(groups(records)).toEqual([]);
  expect(groups([...records, ...packs(10, 7)])).toEqual([from(9, 8)]);
  expect(groups([...packs(1, 8), joining(9, from(1, 8), 5 * mib), ...packs(10, 7)])).toEqual([]);
});

it("looks no further than the plan did", () => {
  expect(groups(packs(1, 12), 8)).toEqual([from(1, 8)]);
});
