// The tables follow the ledger, record by record, and only a whole chain.
import { expect, it } from "vitest";
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { loadCursors } from "../../../lib/catalog/cursors.js";
import { loadApplied } from "../../../lib/catalog/messages.js";
import { bringUpToDate } from "../../../lib/catalog/replay.js";
import type { ProfileId } from "../../../lib/core/ids.js";
import { appendRecord } from "../../../lib/ledger/journal.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { aRecord, mailbox } from "../ledger/a-record.js";

const profile = "p_0000000000000001" as ProfileId;

async function aLedger() {
  const blobs = memoryBlobStore();
  const first = await appendRecord(blobs, aRecord(1, null));
  const second = await appendRecord(blobs, aRecord(2, first.sha256));
  return { blobs, rows: memoryRowStore(), first, second };
}

it("applies what the tables do not hold yet, once", async () => {
  const { blobs, rows, second } = await aLedger();
  const seen: number[] = [];
  const applied = await bringUpToDate(mailbox, { blobs, rows }, ({ seq }) => void seen.push(seq));
  expect(applied).toEqual({ head: second, messages: 4, bytes: 12 });
  expect(await loadApplied(rows, mailbox)).toEqual(applied);
  expect(await bringUpToDate(mailbox, { blobs, rows }, ({ seq }) => void seen.push(seq))).toEqual(applied);
  expect(seen).toEqual([1, 2]);
  expect((await loadCursors(rows, mailbox, { profile })).size).toBe(1);
});

it.each([
  { name: "names another predecessor", change: { previous: "0".repeat(64) as never } },
  { name: "belongs to another mailbox", change: { mailbox: "another" as never } },
])("stops at a record that $name", async ({ change }) => {
  const { blobs, rows, second } = await aLedger();
  const strange = aRecord(3, second.sha256, change);
  const elsewhere = memoryBlobStore();
  await appendRecord(elsewhere, strange);
  const [name = ""] = elsewhere.names();
  await blobs.putIfAbsent(name.replace("another", mailbox), (await elsewhere.get(name)).bytes, { contentType: "any" });
  await expect(bringUpToDate(mailbox, { blobs, rows })).rejects.toMatchObject({
    code: "corrupt",
    reason: "LEDGER_CHAIN_BROKEN",
  });
  expect((await loadApplied(rows, mailbox)).head.seq).toBe(2);
});

it("says that a record is applied only when all of its rows are written", async () => {
  const { blobs, rows } = await aLedger();
  const whole = memoryRowStore();
  await bringUpToDate(mailbox, { blobs, rows: whole });
  // Every write fails once, in turn; whoever comes after finishes the record.
  for (let failAt = 1; failAt <= 12; failAt++) {
    let calls = 0;
    const dying = new Proxy<RowStore>(rows, {
      get(target, name) {
        const method = Reflect.get(target, name, target) as (...args: unknown[]) => unknown;
        if (!["batch", "upsert", "delete"].includes(String(name))) return method.bind(target);
        return (...args: unknown[]) =>
          ++calls === failAt ? Promise.reject(new Error("died")) : Reflect.apply(method, target, args);
      },
    });
    await bringUpToDate(mailbox, { blobs, rows: dying }).catch(() => {});
    await bringUpToDate(mailbox, { blobs, rows });
    expect(rows.dump(), `write ${failAt}`).toEqual(whole.dump());
    for (const table of ["messages", "cursors", "quarantine"] as const) rows.lose(table);
  }
});
