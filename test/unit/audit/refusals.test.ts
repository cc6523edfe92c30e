// Refusals cannot fill the audit: the first are written one by one, the others counted.
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { boundedRefusals, mostInMinute } from "../../../lib/audit/refusals.js";
import { minute } from "../../../lib/core/time.js";
import type { AuditEvent } from "../../../lib/ports/audit-trail.js";
import { anEvent, start } from "./a-log.js";

function knocking() {
  const clock = stoppedClock(start);
  const written: AuditEvent[] = [];
  const ticks = new Set<() => void>();
  const refusals = boundedRefusals({
    clock,
    ticker: {
      every(_, tick) {
        ticks.add(tick);
        return () => void ticks.delete(tick);
      },
    },
    append: async (event) => void written.push(event),
  });
  const knock = (subject: string, code = "TOKEN_REFUSED") =>
    refusals.refused(anEvent(1, { kind: "refused", outcome: "refused", subject, code }), () => {});
  return { clock, written, ticks, ...refusals, knock };
}

it("counts what is too much, and writes the count when the minute is over", async () => {
  const { clock, written, ticks, knock } = knocking();
  for (let times = 0; times < 1_000; times++) await knock("nobody");
  expect(written).toHaveLength(mostInMinute);
  clock.advance(minute);
  for (const tick of [...ticks]) tick();
  await setImmediate();
  expect(written.at(-1)).toMatchObject({ subject: "nobody", count: 1_000 - mostInMinute });
  expect(ticks.size).toBe(0);
});

it("writes the count before the first of the next minute, and at the end", async () => {
  const { clock, written, flush, knock } = knocking();
  for (let times = 0; times < mostInMinute + 2; times++) await knock("nobody");
  clock.advance(minute);
  await knock("nobody");
  expect(written.slice(-2).map(({ count }) => count)).toEqual([2, undefined]);
  for (let times = 0; times < mostInMinute; times++) await knock("nobody");
  await flush(true);
  expect(written.at(-1)?.count).toBe(1);
});

it("keeps subjects and codes apart, but not endlessly many", async () => {
  const { written, flush, knock } = knocking();
  await knock("a");
  await knock("a", "ROLE_REQUIRED");
  for (let subject = 0; subject < 3_000; subject++) await knock(`subject-${subject}`);
  await flush(true);
  expect(written.length).toBeLessThan(1_100);
  const told = written.reduce((sum, { count = 1 }) => sum + count, 0);
  expect(told).toBe(3_002);
});
