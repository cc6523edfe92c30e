import { stoppedClock } from "../../lib/adapters/memory/clock.js";
import { memoryWorkQueue } from "../../lib/adapters/memory/work-queue.js";
import { describeWorkQueue } from "./work-queue.js";

describeWorkQueue("memory", async () => {
  const queue = memoryWorkQueue(stoppedClock(new Date("2026-11-22T00:00:00Z")));
  const depth = async () => queue.items().length;
  return { queue, depth, visible: async () => [...queue.visible()] };
});
