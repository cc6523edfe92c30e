import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { describeClock } from "./clock.js";

describeClock("stopped", () => stoppedClock(new Date("2026-11-22T00:00:00Z")));
