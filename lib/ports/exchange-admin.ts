import type { MailboxId } from "../core/ids.js";

/** One recipient as Exchange names it. */
export interface Recipient {
  /** The directory object id; absent for recipients that have none, e.g. mail contacts. */
  id?: MailboxId;
  /** Primary SMTP address, lower case. */
  address: string;
  displayName: string;
}

/** What keeps Exchange from letting go of the messages of a mailbox. */
export interface Holds {
  litigationHold: boolean;
  /** In-place holds and Purview policies by their ids; one that begins with `-` excludes the mailbox from a policy. */
  inPlaceHolds: string[];
  /** A retention label keeps something in the mailbox. */
  complianceTagHold: boolean;
  /** A hold was removed a short while ago and still has effect. */
  delayHold: boolean;
  /**
   * Policies that the organisation puts on everything of a kind, mailboxes or groups, by their ids; undefined when Exchange
   * does not show the organisation to the application.
   */
  organizationHolds: string[] | undefined;
}

/** What RBAC for Applications lets an application do: one row of Test-ServicePrincipalAuthorization. */
export interface ApplicationRight {
  /** The Exchange role without its prefix, as Graph names the permission: `Mail.Read`. */
  permission: string;
  /** The name of the scope; undefined for the whole organisation. */
  scope: string | undefined;
  /** Whether the mailbox that was asked for is in the scope; undefined when it was not tested. */
  inScope: boolean | undefined;
}

/**
 * What only Exchange Online's administration knows (facts: lib/adapters/exchange/README.md). It touches no mail.
 * Errors: `forbidden` (no app role, or no role in Exchange), `unauthenticated`, `throttled`, `unavailable`, `invalid`; an
 * answer that may be incomplete is `unavailable`, never a short list.
 */
export interface ExchangeAdmin {
  /** The members of a dynamic distribution group now; undefined when no such group exists. */
  dynamicGroupMembers(idOrAddress: string): Promise<{ displayName: string; members: Recipient[] } | undefined>;
  /** Undefined when Exchange knows no such mailbox. */
  holds(mailbox: MailboxId): Promise<Holds | undefined>;
  /** The rights of an application by RBAC for Applications, tested against a mailbox where one is given. */
  applicationRights(appId: string, mailbox?: MailboxId): Promise<ApplicationRight[]>;
}
