// What keeps a mailbox from letting go of its messages. A hold that cannot be read is never "no hold".
import { MailkeepError } from "../../core/errors.js";
import type { MailboxId } from "../../core/ids.js";
import type { Holds } from "../../ports/exchange-admin.js";
import type { ExchangeCaller } from "./caller.js";
import { flagOf, textsOf, theOneAskedFor } from "./fields.js";

/** The Admin API v2.0 shows no holds of a mailbox, so this is InvokeCommand's. */
const name = "Get-Mailbox";

export async function holdsOf(mailbox: MailboxId, caller: ExchangeCaller): Promise<Holds | undefined> {
  const rows = await caller.rows({ name, parameters: { Identity: mailbox } });
  const row = rows && theOneAskedFor(rows, mailbox, name);
  if (row === undefined) return undefined;
  const litigationHold = flagOf(row, "LitigationHoldEnabled");
  const inPlaceHolds = textsOf(row, "InPlaceHolds");
  if (litigationHold === undefined || inPlaceHolds === undefined)
    throw new MailkeepError("unavailable", "Exchange Online showed the mailbox without its holds", {
      reason: "EXCHANGE_HOLDS_MISSING",
    });
  return {
    litigationHold,
    inPlaceHolds,
    complianceTagHold: flagOf(row, "ComplianceTagHoldApplied") ?? false,
    delayHold: (flagOf(row, "DelayHoldApplied") ?? false) || (flagOf(row, "DelayReleaseHoldApplied") ?? false),
  };
}
