import type { MailboxId } from "../core/ids.js";

/** One user object of the tenant's directory. */
export interface DirectoryUser {
  id: MailboxId;
  displayName: string;
  userPrincipalName: string;
  /** Primary SMTP address; undefined when the user has none. */
  mail: string | undefined;
  /** All SMTP addresses, lower case, the primary one first. */
  addresses: string[];
  accountEnabled: boolean;
  guest: boolean;
  /** An Exchange plan is assigned and enabled; undefined when the directory did not say. */
  hasExchangePlan: boolean | undefined;
  onPremisesSynced: boolean;
}

/**
 * The people of a tenant. Reading it touches no mailbox.
 * Errors: `forbidden`, `unauthenticated`, `throttled`, `unavailable`.
 */
export interface Directory {
  users(): AsyncIterable<DirectoryUser[]>;
  /** By object id, user principal name or any SMTP address; undefined when there is none. */
  find(idOrAddress: string): Promise<DirectoryUser | undefined>;
}

/** What kind of mailbox a user has, or why it has none that Graph reaches. */
export type MailboxProbe =
  | { kind: "user" | "shared" | "room" | "equipment" | "other" | "unknown" }
  | { kind: "none"; reason: string };
