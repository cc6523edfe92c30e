// Rows from one record, applied to a store as the service would: twice gives the same as once.
import { expect, it } from "vitest";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { inBatches } from "../../../lib/catalog/batches.js";
import { lookUp } from "../../../lib/catalog/messages.js";
import { catalogWrites, knownRow, listRow } from "../../../lib/catalog/rows.js";
import { sha256 } from "../../../lib/core/digest.js";
import { type ImmutableId, type MessageKey, messageKey, shortHash } from "../../../lib/core/ids.js";
import type { LedgerEvent, LedgerRecord } from "../../../lib/ledger/record.js";
import type { MessageRecord } from "../../../lib/pack/manifest.js";
import { box, runId } from "../runs/a-run.js";

const id = "m1" as ImmutableId;
const receivedAt = "2026-03-01T07:00:00Z";

const aMessage = (version = 1, change: Partial<MessageRecord> = {}): MessageRecord => ({
  key: messageKey(id, version),
  id,
  version,
  folderId: "inbox",
  folderPath: "/Inbox",
  receivedAt,
  subject: `version ${version}`,
  isRead: false,
  size: 10,
  sha256: sha256(Buffer.from(String(version))),
  fidelity: "mime",
  entry: { name: "m/1.eml", offset: 0, compressedLength: 5, length: 10 },
  cuts: [],
  ...change,
});

const aRecord = (stored: MessageRecord[], events: LedgerEvent[] = [], seq = 1): LedgerRecord => ({
  format: "mailkeep-ledger",
  formatVersion: 1,
  mailbox: box,
  seq,
  previous: null,
  pack: null,
  stored,
  events,
  cursors: [],
  run: runId,
  time: `2026-03-02T00:00:0${seq}.000Z`,
  program: "test",
});

async function applied(...records: LedgerRecord[]) {
  const rows = memoryRowStore();
  for (const record of records) await inBatches(rows, "messages", box, catalogWrites(record));
  return rows;
}

const about = (version = 1) => ({ key: messageKey(id, version), receivedAt });
const events: LedgerEvent[] = [
  { kind: "moved", ...about(), from: "inbox", to: "archive", toPath: "/Archive" },
  { kind: "changed", ...about(), isRead: true, flag: "flagged", categories: ["Red"] },
  { kind: "removed", ...about(), from: "archive", at: "2026-03-03T00:00:00Z" },
  { kind: "returned", ...about(), to: "projects", toPath: "/Projects" },
];

it("names each row once, whatever befalls a message in one record", async () => {
  const writes = catalogWrites(aRecord([aMessage()], events));
  expect(writes.map(({ row }) => row).sort()).toEqual(
    [knownRow(shortHash(id)), listRow(receivedAt, messageKey(id))].sort(),
  );
  const rows = await applied(aRecord([aMessage()], events));
  expect(await lookUp(rows, box, id)).toMatchObject({ folderId: "projects", isRead: true, flag: "flagged" });
  expect(await lookUp(rows, box, id)).not.toHaveProperty("removedAt");
  const listed = await rows.get("messages", { partition: box, row: listRow(receivedAt, messageKey(id)) });
  expect(listed?.values).toMatchObject({ folderId: "projects", isRead: true, removedAt: "", categories: '["Red"]' });
});

it("gives the same rows in one record as in several, and again when a record is applied again", async () => {
  const together = (await applied(aRecord([aMessage()], events))).dump();
  const records = [aRecord([aMessage()]), ...events.map((event) => aRecord([], [event]))];
  expect((await applied(...records)).dump()).toEqual(together);
  const [first, ...rest] = records as [LedgerRecord, ...LedgerRecord[]];
  expect((await applied(first, first, ...rest, rest.at(-1) as LedgerRecord)).dump()).toEqual(together);
});

it("keeps the row of an earlier version, and events change the newest one's", async () => {
  const second = aMessage(2, { receivedAt: "2026-03-01T09:00:00Z" });
  const moved: LedgerEvent = {
    kind: "moved",
    key: second.key,
    receivedAt: second.receivedAt,
    from: "inbox",
    to: "archive",
    toPath: "/Archive",
  };
  const rows = await applied(aRecord([aMessage()]), aRecord([second], [], 2), aRecord([], [moved], 3));
  expect(await lookUp(rows, box, id)).toMatchObject({ version: 2, folderId: "archive", key: second.key });
  const folder = async (key: MessageKey, at: string) =>
    (await rows.get("messages", { partition: box, row: listRow(at, key) }))?.values.folderId;
  expect(await folder(messageKey(id), receivedAt)).toBe("inbox");
  expect(await folder(second.key, second.receivedAt)).toBe("archive");
});

it("brings a removed message back with its new content", async () => {
  const removed: LedgerEvent = { kind: "removed", ...about(), from: "inbox", at: "2026-03-03T00:00:00Z" };
  const rows = await applied(aRecord([aMessage()], [removed]), aRecord([aMessage(2)], [], 2));
  expect(await lookUp(rows, box, id)).not.toHaveProperty("removedAt");
});

it("cuts what a row cannot hold", async () => {
  const many = Array.from({ length: 2_000 }, (_, n) => ({ email: `person-${n}@contoso.example` }));
  const huge = aMessage(1, {
    subject: "s".repeat(200_000),
    to: many,
    folderPath: `/${"f".repeat(100_000)}`,
    categories: many.map(({ email }) => email),
    cuts: Array.from({ length: 1_000 }, (_, n) => ({
      offset: n * 10_000,
      length: 8_000,
      lineLength: 76,
      eol: "\r\n" as const,
      size: 6_000,
      sha256: sha256(Buffer.from(String(n))),
    })),
  });
  const rows = await applied(aRecord([huge]));
  const listed = await rows.get("messages", { partition: box, row: listRow(receivedAt, messageKey(id)) });
  expect(listed?.values).not.toHaveProperty("recipients");
  expect(listed?.values).not.toHaveProperty("cuts");
  expect(String(listed?.values.subject)).toHaveLength(1_000);
});
