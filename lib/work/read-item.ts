// A queue message back into a work item.
import { MailkeepError } from "../core/errors.js";
import { WorkItem } from "./item.js";

/** @throws invalid (WORK_ITEM_UNKNOWN) */
export function readItem(text: string): WorkItem {
  const parsed = WorkItem.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new MailkeepError("invalid", "a work item of a shape this version does not know", {
    reason: "WORK_ITEM_UNKNOWN",
  });
}
