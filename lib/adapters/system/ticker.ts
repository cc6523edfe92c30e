// Calls back at intervals without keeping the process alive for it.
import type { Ticker } from "../../core/time.js";

export const systemTicker: Ticker = {
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
