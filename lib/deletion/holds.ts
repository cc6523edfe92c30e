// Whether Exchange keeps the mailbox: if it does, or does not say, nothing is deleted. Policies for the whole organisation count
// where Exchange shows them; where the right to see them is missing the run says so, and Exchange itself keeps what they keep.
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { ExchangeAdmin, Holds } from "../ports/exchange-admin.js";
import type { Problem } from "../runs/run.js";

export type HoldAnswer =
  | { kind: "free"; policiesUnread: boolean }
  | { kind: "held" }
  | { kind: "unknown"; problem: Problem };

/** @throws MailkeepError `cancelled` */
export async function askForHolds(exchange: ExchangeAdmin, mailbox: MailboxId): Promise<HoldAnswer> {
  try {
    const holds = await exchange.holds(mailbox);
    if (holds === undefined) return unknown("Exchange knows no such mailbox");
    if (isHeld(holds)) return { kind: "held" };
    return { kind: "free", policiesUnread: holds.organizationHolds === undefined };
  } catch (error) {
    if (!isMailkeepError(error) || error.code === "cancelled") throw error;
    return unknown(`${error.reason ?? error.code}: ${error.message}`, error.requestId);
  }
}

/** Pure. An entry that begins with `-` takes the mailbox out of a policy of the organisation; any other is a hold on it. */
export function isHeld(holds: Holds): boolean {
  const { litigationHold, inPlaceHolds, complianceTagHold, delayHold, organizationHolds } = holds;
  if (litigationHold || complianceTagHold || delayHold) return true;
  if (inPlaceHolds.some((hold) => !hold.startsWith("-"))) return true;
  const leftOutOf = new Set(inPlaceHolds.map((hold) => policyOf(hold.slice(1))));
  return (organizationHolds ?? []).some((hold) => keepsMailboxes(hold) && !leftOutOf.has(policyOf(hold)));
}

/**
 * Whether a policy for the whole organisation keeps mail of users. `grp…` is for Microsoft 365 groups alone, and one that
 * ends in `:1` deletes and keeps nothing; whatever is not known to be one of these is a hold. A policy for chosen mailboxes
 * stands at each of them, where any entry is a hold: somebody has named that very mailbox.
 * https://learn.microsoft.com/purview/edisc-hold-types-mailboxes
 */
function keepsMailboxes(hold: string): boolean {
  if (hold.startsWith("-") || /^grp/i.test(hold)) return false;
  return !/^(?:mbx|skp)[^:]*:1$/i.test(hold);
}

/** `mbx7cfb30345d454ac0a989ab3041051209:2` without what it does. */
const policyOf = (hold: string): string => hold.replace(/:\d+$/, "").toLowerCase();

const unknown = (why: string, requestId?: string): HoldAnswer => ({
  kind: "unknown",
  problem: {
    code: "HOLD_UNKNOWN",
    message: `nothing was deleted: Exchange does not say whether the mailbox is on hold (${why})`,
    ...(requestId !== undefined && { requestId }),
  },
});
