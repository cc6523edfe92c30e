// What a ledger says of deletions must add up: each receipt ends one intent, names the same bytes, and no intent stays open.
import { listRow } from "../catalog/rows.js";
import type { Sha256 } from "../core/digest.js";
import type { MessageKey } from "../core/ids.js";
import { day } from "../core/time.js";
import type { LedgerRecord } from "../ledger/record.js";
import type { RowStore } from "../ports/row-store.js";
import type { FindingCode } from "./finding.js";

/** An intent that no later event has ended so far. */
export interface OpenIntent {
  key: MessageKey;
  seq: number;
  at: string;
  sha256: Sha256;
}

type Found = (code: FindingCode, place: { seq: number; message: MessageKey; detail: string }) => void;

/** Pure but for the rows; the intents that are open after the record. */
export async function followDeletions(
  open: OpenIntent[],
  { seq, time, events, mailbox }: LedgerRecord,
  { rows, found }: { rows: RowStore; found: Found },
): Promise<OpenIntent[]> {
  let still = open;
  for (const event of events) {
    if (event.kind === "deleting") {
      const { key, sha256, receivedAt } = event;
      still = [...still, { key, seq, at: time, sha256 }];
      const row = await rows.get("messages", { partition: mailbox, row: listRow(receivedAt, key) });
      if (row !== undefined && row.values.sha256 !== sha256)
        found("receipt-differs", { seq, message: key, detail: "the intent names other bytes than the archive" });
    }
    if (event.kind !== "deleted" && event.kind !== "kept") continue;
    const { key } = event;
    const intent = still.find((one) => one.key === key);
    still = still.filter((one) => one !== intent);
    if (intent === undefined) found("receipt-stray", { seq, message: key, detail: `${event.kind} without an intent` });
    else if (event.kind === "deleted" && event.sha256 !== intent.sha256)
      found("receipt-differs", { seq, message: key, detail: `other bytes than the intent of record ${intent.seq}` });
  }
  return still;
}

/** Workers end what dead ones began with the next run; after a day somebody should look. */
export function reportOpen(open: OpenIntent[], now: Date, found: Found): void {
  for (const { key, seq, at } of open)
    if (now.getTime() - Date.parse(at) > day)
      found("deletion-open", { seq, message: key, detail: `begun at ${at}; run the profile again` });
}
