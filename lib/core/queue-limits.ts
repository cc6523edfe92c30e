// What a Storage queue refuses, checked by us before anything is sent.
import { MailkeepError } from "./errors.js";
import { day } from "./time.js";

/**
 * A queue message is at most 64 KiB, and base64 (what the Functions host expects) makes 4 bytes out of 3.
 * https://learn.microsoft.com/azure/storage/queues/scalability-targets
 */
const maxItemBytes = 48 * 1024;
/** A message can be hidden for at most 7 days. https://learn.microsoft.com/rest/api/storageservices/put-message */
const maxDelayMs = 7 * day;

/** @throws MailkeepError `too-large` for the item, `invalid` for the delay. */
export function checkItem(item: string, delayMs: number): void {
  const bytes = Buffer.byteLength(item);
  if (bytes > maxItemBytes)
    throw new MailkeepError("too-large", `the work item takes ${bytes} bytes; ${maxItemBytes} are allowed`);
  if (!(delayMs >= 0 && delayMs <= maxDelayMs))
    throw new MailkeepError("invalid", "a work item can wait from 0 to 7 days", { field: "delayMs" });
}
