// The queue of work items on Storage queues, as the Functions host reads them.
import type { QueueClient } from "@azure/storage-queue";
import { checkItem } from "../../core/queue-limits.js";
import type { WorkQueue } from "../../ports/work-queue.js";
import { inTime, translating } from "./errors.js";

/** Without it an item dies after 7 days: as long as it may be hidden, so a delayed one might never be seen. */
const neverExpires = -1;

export function azureWorkQueue(queue: QueueClient): WorkQueue {
  return {
    async send(item, { delayMs = 0 } = {}) {
      checkItem(item, delayMs);
      // The host expects base64 (host.json extensions.queues.messageEncoding).
      const text = Buffer.from(item).toString("base64");
      const options = { visibilityTimeout: Math.ceil(delayMs / 1_000), messageTimeToLive: neverExpires, ...inTime() };
      await translating("send a work item", () => queue.sendMessage(text, options));
    },
  };
}
