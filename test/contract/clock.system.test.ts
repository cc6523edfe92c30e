import { systemClock } from "../../lib/adapters/system/clock.js";
import { describeClock } from "./clock.js";

describeClock("system", () => systemClock);
