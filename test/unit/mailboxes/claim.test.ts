// The claim: one speaker for a mailbox at any time, also when storage's answers get lost.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { stoppedClock } from "../../../lib/adapters/memory/clock.js";
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { MailkeepError } from "../../../lib/core/errors.js";
import { minute, second } from "../../../lib/core/time.js";
import { type Claim, type ClaimAttempt, isClaimed, takeClaim } from "../../../lib/mailboxes/claim.js";
import type { RowStore } from "../../../lib/ports/row-store.js";
import { repeatableRandom } from "../../build/repeatable-random.js";
import { box, now } from "../runs/a-run.js";

const lease = 45 * second;
const noHistory = { slots: [] };

function aDesk(rowsOf: (rows: RowStore) => RowStore = (rows) => rows) {
  const rows = memoryRowStore();
  const clock = stoppedClock(now);
  const ticks = new Set<() => void>();
  const ticker = {
    every(_ms: number, tick: () => void) {
      ticks.add(tick);
      return () => void ticks.delete(tick);
    },
  };
  const deps = { rows: rowsOf(rows), clock, ticker, random: repeatableRandom("claims") };
  return {
    rows,
    clock,
    deps,
    ticks,
    take: () => takeClaim(box, deps),
    /** What falls due after `ms` on the claims held. */
    async pass(ms: number) {
      clock.advance(ms);
      for (const tick of ticks) tick();
      for (let round = 0; round < 5; round++) await setImmediate();
    },
  };
}

function held(attempt: ClaimAttempt): Claim {
  if (attempt.kind !== "claimed") throw new Error("the claim was not given");
  return attempt.claim;
}

it("is given to one worker, and to the next once it is released", async () => {
  const desk = aDesk();
  const first = held(await desk.take());
  expect(await desk.take()).toEqual({ kind: "held", retryAfterMs: lease });
  expect(await isClaimed(box, desk.deps)).toBe(true);
  const history = { slots: [{ at: 1, count: 2 }] };
  await first.release(history);
  expect(desk.ticks.size).toBe(0);
  expect(await isClaimed(box, desk.deps)).toBe(false);
  expect(held(await desk.take()).history).toEqual(history);
});

it("is given to the next one when it runs out, and lost to the one before", async () => {
  const desk = aDesk();
  const first = held(await desk.take());
  desk.clock.advance(lease);
  const second = held(await desk.take());
  expect(() => first.assertHeld()).toThrow("took over");
  expect(first.signal.aborted).toBe(true);
  await first.release(noHistory);
  second.assertHeld();
  expect((await desk.take()).kind).toBe("held");
});

it("is held as long as it is renewed", async () => {
  const desk = aDesk();
  const claim = held(await desk.take());
  for (let n = 0; n < 20; n++) await desk.pass(30 * second);
  claim.assertHeld();
  expect((await desk.take()).kind).toBe("held");
});

it("survives storage that is away for a moment, and is lost when that lasts", async () => {
  let away = false;
  const desk = aDesk((rows) => ({
    ...rows,
    replace: async (...args) => {
      if (away) throw new MailkeepError("unavailable", "storage is away");
      return rows.replace(...args);
    },
  }));
  const claim = held(await desk.take());
  away = true;
  await desk.pass(10 * second);
  claim.assertHeld();
  away = false;
  await desk.pass(10 * second);
  await desk.pass(40 * second);
  claim.assertHeld();
  away = true;
  await desk.pass(lease);
  expect(claim.signal.aborted).toBe(true);
});

it("tells whoever follows a dead worker what that one had sent when it last renewed", async () => {
  const desk = aDesk();
  const claim = held(await desk.take());
  const sent = { slots: [{ at: 5, count: 17 }] };
  claim.follow(() => sent);
  await desk.pass(10 * second);
  desk.ticks.clear();
  desk.clock.advance(lease);
  expect(held(await desk.take()).history).toEqual(sent);
});

describe("when the answer to a write is lost", () => {
  /** The next write is done, but the caller hears `code`. */
  function losing() {
    const loss: { code: "unavailable" | "precondition-failed" | "conflict" | undefined } = { code: undefined };
    const lose = () => {
      const { code } = loss;
      loss.code = undefined;
      if (code !== undefined) throw new MailkeepError(code, "the answer was lost");
    };
    const desk = aDesk((rows) => ({
      ...rows,
      async insert(...args) {
        const etag = await rows.insert(...args);
        lose();
        return etag;
      },
      async replace(...args) {
        const etag = await rows.replace(...args);
        lose();
        return etag;
      },
    }));
    return { desk, loss };
  }

  it("a claim that was taken is known to be ours", async () => {
    const { desk, loss } = losing();
    loss.code = "conflict";
    held(await desk.take()).assertHeld();
  });

  it("a renewal is known to be ours", async () => {
    const { desk, loss } = losing();
    const claim = held(await desk.take());
    loss.code = "precondition-failed";
    await desk.pass(30 * second);
    await desk.pass(30 * second);
    claim.assertHeld();
  });

  it("the claim never seems held for longer than the table says", async () => {
    const { desk, loss } = losing();
    const claim = held(await desk.take());
    loss.code = "unavailable";
    await desk.pass(10 * second);
    await desk.pass(10 * second);
    const row = await desk.rows.get("claims", { partition: box, row: "claim" });
    expect(row?.values.until).toBe(desk.clock.now().getTime() + lease);
    claim.assertHeld();
  });

  it("the release still frees the mailbox", async () => {
    const { desk, loss } = losing();
    const claim = held(await desk.take());
    loss.code = "unavailable";
    await desk.pass(10 * second);
    await claim.release(noHistory);
    expect((await desk.take()).kind).toBe("claimed");
  });
});

it("is given to one of two who ask at the same moment", async () => {
  const desk = aDesk();
  const attempts = await Promise.all([desk.take(), desk.take(), desk.take()]);
  expect(attempts.map(({ kind }) => kind).sort()).toEqual(["claimed", "held", "held"]);
  desk.clock.advance(minute);
  const again = await Promise.all([desk.take(), desk.take()]);
  expect(again.map(({ kind }) => kind).sort()).toEqual(["claimed", "held"]);
});
