import { describe, expect, it } from "vitest";
import { Answer } from "../../../../lib/adapters/graph/answer.js";
import { backOffMs, Governor, mostInFlight, mostInWindow } from "../../../../lib/adapters/graph/governor.js";
import { stoppedClock } from "../../../../lib/adapters/memory/clock.js";
import { memoryBody } from "../../../../lib/core/body.js";
import { minute, second } from "../../../../lib/core/time.js";
import type { RequestHistory } from "../../../../lib/ports/mail-source.js";

const start = new Date("2026-11-21T10:00:00Z");

function governor(history: RequestHistory = { slots: [] }) {
  const clock = stoppedClock(start);
  const abort = new AbortController();
  return { clock, abort, governor: new Governor({ clock, signal: abort.signal, history }) };
}

const answer = (status: number, headers = {}) => new Answer(status, headers, memoryBody(new Uint8Array()));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the governor", () => {
  it("lets four in and the rest wait in the order they came", async () => {
    const { governor: g } = governor();
    const started: number[] = [];
    const tickets = Array.from({ length: 9 }, async (_, n) => {
      const ticket = await g.enter();
      started.push(n);
      return ticket;
    });
    await turn();
    expect(started).toEqual([0, 1, 2, 3]);
    for (const n of [0, 1, 2, 3, 4]) {
      g.leave((await tickets[n]) as number, answer(200));
      await turn();
    }
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(mostInFlight).toBe(4);
  });

  it("counts what it sends in slots of ten seconds and hands that on", async () => {
    const { governor: g, clock } = governor({ slots: [{ at: start.getTime() - 20 * second, count: 7 }] });
    g.leave(await g.enter(), answer(200));
    clock.advance(9 * second);
    g.leave(await g.enter(), answer(200));
    clock.advance(2 * second);
    g.leave(await g.enter(), answer(200));
    expect(g.history()).toEqual({
      slots: [
        { at: start.getTime() - 20 * second, count: 7 },
        { at: start.getTime(), count: 2 },
        { at: start.getTime() + 10 * second, count: 1 },
      ],
    });
    clock.advance(11 * minute);
    expect(g.history()).toEqual({ slots: [] });
  });

  it("waits for the window when it is nearly time, and gives up when it is not", async () => {
    const full = (ageMs: number) => ({ slots: [{ at: start.getTime() - ageMs, count: mostInWindow }] });
    const soon = governor(full(9 * minute + 40 * second));
    await soon.governor.enter();
    expect(soon.clock.slept).toEqual([30 * second]);
    const late = governor(full(minute));
    await expect(late.governor.enter()).rejects.toMatchObject({
      code: "throttled",
      retryAfterMs: 9 * minute + 10 * second,
    });
  });

  it("never sends more than the ceiling in any ten minutes", async () => {
    const { governor: g, clock } = governor();
    const sent: number[] = [];
    for (;;) {
      const waitMs = await g.enter().then(
        (ticket) => {
          sent.push(clock.now().getTime());
          g.leave(ticket, answer(200));
          clock.advance(25);
          return 0;
        },
        (error: { retryAfterMs: number }) => error.retryAfterMs,
      );
      clock.advance(waitMs);
      if (sent.length >= 25_000) break;
    }
    for (let n = mostInWindow; n < sent.length; n += 97)
      expect((sent[n] as number) - (sent[n - mostInWindow] as number)).toBeGreaterThanOrEqual(10 * minute);
  });

  it("is silent for the whole mailbox for Retry-After in full", async () => {
    const { governor: g, clock } = governor();
    const first = await g.enter();
    g.leave(first, answer(429, { "retry-after": "42" }));
    expect(g.history().pausedUntil).toBe(start.getTime() + 42 * second);
    await g.enter();
    expect(clock.slept).toEqual([42 * second]);
  });

  it("understands Retry-After as a date", async () => {
    const { governor: g } = governor();
    g.leave(await g.enter(), answer(429, { "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT" }));
    expect(g.history().pausedUntil).toBe(start.getTime() + 30 * second);
  });

  it("sends everybody home when the pause is long, even while places are taken", async () => {
    const { governor: g } = governor();
    const tickets = await Promise.all([g.enter(), g.enter(), g.enter(), g.enter()]);
    const waiting = [g.enter(), g.enter()].map((turn) => turn.catch((error) => error));
    g.leave(tickets[0], answer(429, { "retry-after": "300" }));
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: "throttled", retryAfterMs: 5 * minute });
    await expect(g.enter()).rejects.toMatchObject({ code: "throttled" });
    expect(g.history().pausedUntil).toBe(start.getTime() + 5 * minute);
  });

  it("keeps a pause it inherits", async () => {
    const short = governor({ slots: [], pausedUntil: start.getTime() + 20 * second });
    await short.governor.enter();
    expect(short.clock.slept).toEqual([20 * second]);
    const long = governor({ slots: [], pausedUntil: start.getTime() + 5 * minute });
    await expect(long.governor.enter()).rejects.toMatchObject({ code: "throttled", retryAfterMs: 5 * minute });
  });

  it("backs off from 5 seconds when Graph names no time, once for all that were in flight", async () => {
    const { governor: g, clock } = governor();
    const tickets = await Promise.all([g.enter(), g.enter(), g.enter(), g.enter()]);
    for (const ticket of tickets) g.leave(ticket, answer(429));
    const next = await g.enter();
    expect(clock.slept).toEqual([5 * second]);
    g.leave(next, answer(429));
    const third = await g.enter();
    expect(clock.slept).toEqual([5 * second, 10 * second]);
    g.leave(third, answer(200));
    g.leave(await g.enter(), answer(429));
    await g.enter();
    expect(clock.slept).toEqual([5 * second, 10 * second, 5 * second]);
    expect([0, 3, 6, 20].map(backOffMs)).toEqual([5 * second, 40 * second, 5 * minute, 5 * minute]);
  });

  it("turns away who waits when the work is called off", async () => {
    const { governor: g, abort } = governor();
    await Promise.all([g.enter(), g.enter(), g.enter(), g.enter()]);
    const waiting = g.enter();
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    await expect(g.enter()).rejects.toMatchObject({ code: "cancelled" });
  });
});
