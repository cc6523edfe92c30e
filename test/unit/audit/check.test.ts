// Whatever somebody does to the table, the check says so and where.
import { expect, it } from "vitest";
import { hashOf } from "../../../lib/audit/entry.js";
import { auditUseCases } from "../../../lib/audit/use-cases.js";
import { day, minute, stillTicker } from "../../../lib/core/time.js";
import { silentLog } from "../../../lib/ports/log.js";
import { repeatableRandom } from "../../build/repeatable-random.js";
import { type ALog, aLog, anEvent, start } from "./a-log.js";

/** Ten entries of one day, anchored at night, and five of the next. */
async function twoDays(): Promise<ALog> {
  const log = aLog();
  await log.fill(10);
  await log.audit.anchor();
  log.clock.advance(day);
  await log.fill(5);
  return log;
}

it("finds nothing in a log that nobody has touched", async () => {
  const { audit } = await twoDays();
  expect(await audit.check({})).toMatchObject({
    intact: true,
    complete: true,
    entries: 15,
    first: { seq: 1 },
    last: { seq: 15 },
    anchors: 1,
    firstBroken: null,
  });
});

it("is at peace with an empty log", async () => {
  expect(await aLog().audit.check({})).toMatchObject({ intact: true, entries: 0, first: null, last: null });
});

const changed = (text: string) => text.replace("person-odd", "person-xxx");

/** Rewrites everything from an entry on, as somebody would who knows how it is done. */
async function forge(log: ALog, from: number, change: (text: string) => string) {
  let previous = hashOf(log.textOf(from - 1));
  for (const seq of log.seqs().filter((one) => one >= from)) {
    const text = JSON.stringify({ ...JSON.parse(seq === from ? change(log.textOf(seq)) : log.textOf(seq)), previous });
    previous = hashOf(text);
    await log.putText(seq, text);
  }
  await log.setHead(log.seqs().at(-1) ?? 0, previous);
}

const damages: Record<string, { by: (log: ALog) => Promise<unknown>; code: string; seq: number }> = {
  "a dropped row": { by: (log) => log.drop(7), code: "missing", seq: 7 },
  "several dropped rows": { by: (log) => log.drop(4, 5, 6), code: "missing", seq: 4 },
  "a dropped beginning": { by: (log) => log.drop(1, 2), code: "missing", seq: 1 },
  "a dropped end": { by: (log) => log.drop(14, 15), code: "truncated", seq: 14 },
  "a dropped end with its head": {
    by: async (log) => {
      await log.drop(9, 10, 11, 12, 13, 14, 15);
      await log.setHead(8, hashOf(log.textOf(8)));
    },
    code: "truncated",
    seq: 9,
  },
  "everything dropped": { by: async (log) => log.rows.lose("audit"), code: "truncated", seq: 1 },
  "a changed row": {
    by: (log) => log.put(3, { ...log.values(3), entry: changed(log.textOf(3)) }),
    code: "changed",
    seq: 3,
  },
  "a changed row with its hash": { by: (log) => log.putText(3, changed(log.textOf(3))), code: "changed", seq: 3 },
  "a changed last row": {
    by: (log) => log.putText(15, changed(log.textOf(15))),
    code: "changed",
    seq: 15,
  },
  "a changed first row": { by: (log) => log.putText(1, changed(log.textOf(1))), code: "changed", seq: 1 },
  "a whole log made anew before the anchor": { by: (log) => forge(log, 3, changed), code: "changed", seq: 10 },
  "two rows that changed places": {
    by: async (log) => {
      const [fifth, sixth] = [log.values(5), log.values(6)];
      await log.put(5, sixth);
      await log.put(6, fifth);
    },
    code: "misplaced",
    seq: 5,
  },
  "a row played again in another's place": { by: (log) => log.put(12, log.values(4)), code: "misplaced", seq: 12 },
  "a row played again behind the end": { by: (log) => log.put(16, log.values(4)), code: "misplaced", seq: 16 },
  "an entry played again as a new one": {
    by: async (log) => {
      const text = JSON.stringify({ ...JSON.parse(log.textOf(4)), seq: 16, previous: hashOf(log.textOf(15)) });
      await log.putText(16, text);
      await log.setHead(16, hashOf(text));
    },
    code: "replayed",
    seq: 16,
  },
  "a row that is none": { by: (log) => log.put(8, { entry: "{}", hash: hashOf("{}") }), code: "unreadable", seq: 8 },
  "an anchor that is gone": {
    by: async (log) => {
      await log.audit.anchor();
      log.blobs.tamper("audit/2026-11-20.json", undefined);
    },
    code: "anchor",
    seq: 15,
  },
  "an anchor that was changed": {
    by: async (log) => {
      await log.audit.anchor();
      const { bytes } = await log.blobs.get("audit/2026-11-20.json");
      const text = Buffer.from(bytes).toString().replace('"seq":10', '"seq":9');
      log.blobs.tamper("audit/2026-11-20.json", Buffer.from(text));
    },
    code: "changed",
    seq: 9,
  },
};

it.each(Object.entries(damages))("finds %s", async (_, { by, code, seq }) => {
  const log = await twoDays();
  await by(log);
  const check = await log.audit.check({});
  expect(check.intact).toBe(false);
  expect(check.firstBroken).toMatchObject({ code, seq });
});

it("leaves a gap for ever: what comes after a cut end takes no number twice", async () => {
  const log = await twoDays();
  await log.drop(14, 15);
  await log.instance("second").record(anEvent(16));
  expect(log.seqs().at(-1)).toBe(16);
  expect((await log.audit.check({})).firstBroken).toMatchObject({ code: "missing", seq: 14 });
});

it.each([
  ["with the head", ["head", 14, 15] as const, "head-lost"],
  ["all of it", ["head", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const, "missing"],
])("a new instance goes on after a cut and writes down what it found: %s", async (_, gone, code) => {
  const log = await twoDays();
  await log.drop(...gone);
  const audit = log.instance("second");
  await audit.record(anEvent(16));
  const { findings } = await audit.check({});
  expect(findings.kept.map((one) => one.code)).toContain(code);
  const list = await audit.list({ limit: 10 });
  expect(list.value.map(({ action }) => action)).toContain("auditHeadLost");
});

it("looks at a range, and at the link before it", async () => {
  const log = await twoDays();
  const range = { from: new Date(start.getTime() + day), to: new Date(start.getTime() + 2 * day) };
  const whole = await log.audit.check(range);
  expect(whole).toMatchObject({ intact: true, complete: true, last: { seq: 15 } });
  expect(whole.first?.seq).toBe(10);
  await log.putText(10, changed(log.textOf(10)).replace("even", "evil"));
  expect((await log.audit.check(range)).firstBroken).toMatchObject({ seq: 10, code: "changed" });
  const early = await log.audit.check({ to: new Date(start.getTime() + 5 * minute) });
  expect(early.first?.seq).toBe(1);
});

it("does not mistake what is written meanwhile for damage", async () => {
  const log = await twoDays();
  const scan = log.rows.scan.bind(log.rows);
  let first = true;
  const rows = {
    ...log.rows,
    async *scan(...args: Parameters<typeof scan>) {
      if (first) {
        first = false;
        await log.audit.record(anEvent(16));
      }
      yield* scan(...args);
    },
  };
  const deps = { rows, blobs: log.blobs, clock: log.clock, random: repeatableRandom("x") };
  const other = auditUseCases({ ...deps, ticker: stillTicker, log: silentLog });
  expect(await other.check({})).toMatchObject({ intact: true, last: { seq: 15 } });
});
