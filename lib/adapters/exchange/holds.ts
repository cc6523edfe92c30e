// What keeps a mailbox from letting go of its messages: said of the mailbox, and of the whole organisation, whose policies
// stand at no mailbox but those they leave out. A hold that cannot be read is never "no hold".
import { isMailkeepError, MailkeepError } from "../../core/errors.js";
import type { MailboxId } from "../../core/ids.js";
import type { Holds } from "../../ports/exchange-admin.js";
import type { ExchangeRow } from "./answer.js";
import type { ExchangeCaller } from "./caller.js";
import { flagOf, theOneAskedFor, wholeTextsOf } from "./fields.js";

/** The Admin API v2.0 shows no holds, of a mailbox or of the organisation, so both are InvokeCommand's. */
const name = "Get-Mailbox";
const organization = "Get-OrganizationConfig";

export async function holdsOf(mailbox: MailboxId, caller: ExchangeCaller): Promise<Holds | undefined> {
  const rows = await caller.rows({ name, parameters: { Identity: mailbox } });
  const row = rows && theOneAskedFor(rows, mailbox, name);
  if (row === undefined) return undefined;
  const litigationHold = flagOf(row, "LitigationHoldEnabled");
  const inPlaceHolds = wholeTextsOf(row, "InPlaceHolds");
  if (litigationHold === undefined || inPlaceHolds === undefined) throw withoutHolds("the mailbox");
  return {
    litigationHold,
    inPlaceHolds,
    complianceTagHold: laterHold(row, "ComplianceTagHoldApplied"),
    delayHold: laterHold(row, "DelayHoldApplied") || laterHold(row, "DelayReleaseHoldApplied"),
    organizationHolds: await organizationHoldsOf(caller),
  };
}

/** Properties that came to Exchange later than the others: a row without one has no such hold; one that is unreadable may. */
function laterHold(row: ExchangeRow, hold: string): boolean {
  if (!Object.hasOwn(row, hold)) return false;
  const isHeld = flagOf(row, hold);
  if (isHeld === undefined) throw withoutHolds("the mailbox");
  return isHeld;
}

/**
 * https://learn.microsoft.com/purview/edisc-hold-types-mailboxes: policies for all are told by the organisation alone, and
 * its cmdlet is a right of its own. Undefined when that right is missing; an answer that fails for now is thrown.
 */
async function organizationHoldsOf(caller: ExchangeCaller): Promise<string[] | undefined> {
  try {
    const [row, other] = (await caller.rows({ name: organization, parameters: {} })) ?? [];
    if (row === undefined) return undefined;
    const holds = other === undefined ? wholeTextsOf(row, "InPlaceHolds") : undefined;
    if (holds === undefined) throw withoutHolds("the organisation");
    return holds;
  } catch (error) {
    if (isMailkeepError(error, "forbidden", "invalid")) return undefined;
    throw error;
  }
}

const withoutHolds = (what: string) =>
  new MailkeepError("unavailable", `Exchange Online showed ${what} without its holds`, {
    reason: "EXCHANGE_HOLDS_MISSING",
  });
