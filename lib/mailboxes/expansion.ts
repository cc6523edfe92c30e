// What the groups of a profile came to: who is in them, by which way, and what could not be told.
import type { MailboxId } from "../core/ids.js";

/** One person in a group; `id` is missing for recipients that Exchange names by address only. */
export interface Person {
  id?: MailboxId;
  address?: string;
  /** Names of the groups from the one in the profile down to the one that holds the person. */
  path: string[];
}

/** `GROUP_NOT_IN_GRAPH`: only Exchange can tell whether there is such a group, and it refused to. */
export type GroupProblem =
  | "GROUP_NOT_FOUND"
  | "GROUP_NOT_IN_GRAPH"
  | "GROUP_UNREADABLE"
  | "GROUP_UNAVAILABLE"
  | "GROUP_EMPTY"
  | "UNIT_UNREADABLE";

export interface Expansion {
  /** As the profile writes it. */
  name: string;
  kind:
    | "security"
    | "mailEnabledSecurity"
    | "distribution"
    | "microsoft365"
    | "dynamicDistribution"
    | "administrativeUnit"
    | "container"
    | "unknown";
  displayName: string;
  people: Person[];
  /** Groups in the group, each by the way to it; a group that was met before is not gone through again. */
  nested: string[][];
  /** Members that are no people. */
  ignored: { id: string; name: string; reason: string }[];
  problems: { code: GroupProblem; message: string }[];
}

export const emptyExpansion = (name: string): Expansion => ({
  name,
  kind: "unknown",
  displayName: name,
  people: [],
  nested: [],
  ignored: [],
  problems: [],
});
