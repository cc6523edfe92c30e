// Whether Exchange keeps the mailbox: if it does, or does not say, nothing is deleted.
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { ExchangeAdmin, Holds } from "../ports/exchange-admin.js";
import type { Problem } from "../runs/run.js";

export type HoldAnswer = { kind: "free" } | { kind: "held" } | { kind: "unknown"; problem: Problem };

/** @throws MailkeepError `cancelled` */
export async function askForHolds(exchange: ExchangeAdmin, mailbox: MailboxId): Promise<HoldAnswer> {
  try {
    const holds = await exchange.holds(mailbox);
    if (holds === undefined) return unknown("Exchange knows no such mailbox");
    return isHeld(holds) ? { kind: "held" } : { kind: "free" };
  } catch (error) {
    if (!isMailkeepError(error) || error.code === "cancelled") throw error;
    return unknown(`${error.reason ?? error.code}: ${error.message}`, error.requestId);
  }
}

/** Pure. An entry that begins with `-` takes the mailbox out of a policy. */
export function isHeld({ litigationHold, inPlaceHolds, complianceTagHold, delayHold }: Holds): boolean {
  return litigationHold || complianceTagHold || delayHold || inPlaceHolds.some((hold) => !hold.startsWith("-"));
}

const unknown = (why: string, requestId?: string): HoldAnswer => ({
  kind: "unknown",
  problem: {
    code: "HOLD_UNKNOWN",
    message: `nothing was deleted: Exchange does not say whether the mailbox is on hold (${why})`,
    ...(requestId !== undefined && { requestId }),
  },
});
