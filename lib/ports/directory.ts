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
  /** Where a synced account stands in the directory on premises, e.g. `CN=Anna,OU=Legal,DC=contoso,DC=com`. */
  onPremisesDistinguishedName?: string;
}

/** What became of a user since a bookmark. */
export type UserChange =
  | { kind: "removed"; id: MailboxId }
  /** Without `user` only parts were told: `find` tells the whole. */
  | { kind: "present"; id: MailboxId; user?: DirectoryUser };

export type UserChanges = { kind: "changes"; changes: UserChange[]; bookmark: string } | { kind: "resync" };

export interface DirectoryGroup {
  id: string;
  displayName: string;
  /** Primary SMTP address, lower case; undefined for groups that get no mail. */
  address: string | undefined;
  kind: "security" | "mailEnabledSecurity" | "distribution" | "microsoft365";
}

/** A part of the tenant for administrators of its own; it has no address, and no right beyond being read is needed. */
export interface AdministrativeUnit {
  id: string;
  displayName: string;
}

/** `unknown`: the directory names it and does not say what it is. */
export interface GroupMember {
  id: string;
  kind: "user" | "group" | "other" | "unknown";
  /** What the directory calls an `other`: `orgContact`, `device`, `servicePrincipal`. */
  type: string;
  /** Display name or address, of a group rather its address; empty when the directory does not say. */
  name: string;
}

/**
 * The people and groups of a tenant. Reading it touches no mailbox. A list that breaks off is an error, never a shorter list.
 * Errors: `forbidden`, `unauthenticated`, `throttled`, `unavailable`, `invalid`.
 */
export interface Directory {
  users(): AsyncIterable<DirectoryUser[]>;
  /** Now, for {@link changesSince}: to be taken before the users are read. */
  bookmark(): Promise<string>;
  /** All changes since then; some may be told again that were known. `resync`: the bookmark is dead, read all users. */
  changesSince(bookmark: string): Promise<UserChanges>;
  /** By object id or any SMTP address; undefined when there is none. Dynamic distribution groups are only Exchange's. */
  group(idOrAddress: string): Promise<DirectoryGroup | undefined>;
  /** The direct members. @throws also `not-found` when the group is gone */
  groupMembers(id: string): AsyncIterable<GroupMember[]>;
  /** By object id; undefined when there is none. Needs a permission of its own, and says `forbidden` without. */
  unit(id: string): Promise<AdministrativeUnit | undefined>;
  /** The members of an administrative unit. @throws also `not-found` when it is gone */
  unitMembers(id: string): AsyncIterable<GroupMember[]>;
  /**
   * By object id, user principal name, any SMTP address or the distinguished name on premises; undefined when the directory
   * says that there is none. A question that it does not answer is an error.
   */
  find(name: string): Promise<DirectoryUser | undefined>;
  /** How many users there are, guests included, by the directory's own count; undefined when it does not say. */
  countUsers(): Promise<number | undefined>;
}

/** What kind of mailbox a user has, or why it has none that Graph reaches. */
export type MailboxProbe =
  | { kind: "user" | "shared" | "room" | "equipment" | "other" | "unknown" }
  | { kind: "none"; reason: string; status?: number; requestId?: string };
