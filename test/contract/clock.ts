// What every Clock promises. Nothing here depends on how fast the machine is.
import { describe, expect, it } from "vitest";
import type { Clock } from "../../lib/core/time.js";

export function describeClock(name: string, open: () => Clock): void {
  describe(`Clock contract: ${name}`, () => {
    it("has slept at least as long as it was asked to", async () => {
      const clock = open();
      const [time, ticks] = [clock.now().getTime(), clock.monotonicMs()];
      await clock.sleep(20);
      // A timer of the machine may ring up to a millisecond early.
      expect(clock.monotonicMs() - ticks).toBeGreaterThanOrEqual(19);
      expect(clock.now().getTime() - time).toBeGreaterThanOrEqual(18);
    });

    it("never counts backwards", async () => {
      const clock = open();
      let last = clock.monotonicMs();
      for (let i = 0; i < 100; i++) {
        const next = clock.monotonicMs();
        expect(next).toBeGreaterThanOrEqual(last);
        last = next;
      }
    });

    it("gives every caller a date of their own", () => {
      const clock = open();
      clock.now().setFullYear(1999);
      expect(clock.now().getFullYear()).toBeGreaterThan(2000);
    });

    it.each([0, -5])("comes back from a sleep of %s", async (ms) => {
      await open().sleep(ms);
    });

    it("does not begin a sleep that is aborted already", async () => {
      const reason = new Error("the claim is lost");
      await expect(open().sleep(3_600_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it("ends a sleep with the signal's reason", async () => {
      const abort = new AbortController();
      const reason = new Error("the claim is lost");
      const slept = open().sleep(3_600_000, abort.signal);
      abort.abort(reason);
      await expect(slept).rejects.toBe(reason);
    });

    it("lets others run while it sleeps", async () => {
      const clock = open();
      let ran = false;
      setImmediate(() => {
        ran = true;
      });
      for (let i = 0; i < 3; i++) await clock.sleep(1);
      expect(ran).toBe(true);
    });
  });
}
