// An audit over memory stores with entries in it, and hands that reach into its table.
import { memoryBlobStore } from "../../../lib/adapters/memory/blob-store.js";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { hashOf, rowOf } from "../../../lib/audit/entry.js";
import { auditUseCases } from "../../../lib/audit/use-cases.js";
import { minute, stillTicker } from "../../../lib/core/time.js";
import type { AuditEvent } from "../../../lib/ports/audit-trail.js";
import { silentLog } from "../../../lib/ports/log.js";
import { repeatableRandom } from "../../build/repeatable-random.js";

export const start = new Date("2026-11-20T08:00:00Z");

export const anEvent = (number: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: "read",
  subject: number % 2 === 0 ? "person-even" : "person-odd",
  action: "getEml",
  object: `mailboxes/box-${number % 3}/messages/${number}/eml`,
  outcome: "done",
  request: `request-${number}`,
  ...more,
});

export function aLog() {
  const stores = { rows: memoryRowStore(), blobs: memoryBlobStore() };
  const clock = stoppedClock(start);
  const instance = (name: string) =>
    auditUseCases({ ...stores, clock, random: repeatableRandom(name), ticker: stillTicker, log: silentLog });
  const audit = instance("first");
  const values = (seq: number) => stores.rows.dump()[`audit/log/${rowOf(seq)}`] ?? {};
  const key = (seq: number | "head") => ({ partition: "log", row: seq === "head" ? seq : rowOf(seq) });
  return {
    ...stores,
    clock,
    audit,
    instance,
    /** So many entries, a minute apart. */
    async fill(count: number) {
      for (let number = 1; number <= count; number++) {
        await audit.record(anEvent(number));
        clock.advance(minute);
      }
    },
    seqs: () =>
      Object.keys(stores.rows.dump())
        .filter((name) => /^audit\/log\/\d+$/.test(name))
        .map((name) => 999_999_999_999 - Number(name.split("/")[2]))
        .sort((a, b) => a - b),
    textOf: (seq: number) => String(values(seq).entry),
    values,
    drop: (...seqs: (number | "head")[]) => Promise.all(seqs.map((seq) => stores.rows.delete("audit", key(seq)))),
    put: (seq: number, row: object) => stores.rows.upsert("audit", key(seq), { ...row }),
    putText: (seq: number, text: string) => stores.rows.upsert("audit", key(seq), { entry: text, hash: hashOf(text) }),
    setHead: (seq: number, hash: string) => stores.rows.upsert("audit", key("head"), { seq, hash }),
  };
}
export type ALog = ReturnType<typeof aLog>;
