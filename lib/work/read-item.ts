// A queue message back into a work item.
import { MailkeepError } from "../core/errors.js";
import { WorkItem } from "./item.js";

/** @throws invalid (WORK_ITEM_UNKNOWN) */
export function readItem(text: string): WorkItem {
  const parsed = WorkItem.safeParse(json(text));
  if (parsed.success) return parsed.data;
  throw new MailkeepError("invalid", "a work item of a shape this version does not know", {
    reason: "WORK_ITEM_UNKNOWN",
  });
}

/** What is no JSON is no work item of any version; the parser's own error would quote it. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
