// Finds out who is in the groups a profile names: level by level, so that the way to each person is known; a circle of groups
// is cut where it closes. A page that cannot be had is a fault or a problem, never fewer members.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { MailboxId } from "../core/ids.js";
import type { Directory, GroupMember } from "../ports/directory.js";
import type { ExchangeAdmin } from "../ports/exchange-admin.js";
import { readName, withoutScheme } from "../profiles/directory-name.js";
import { membersInExchange } from "./exchange-members.js";
import { expandUnit } from "./expand-unit.js";
import { type Expansion, emptyExpansion } from "./expansion.js";

export interface ExpandDeps {
  directory: Pick<Directory, "group" | "groupMembers" | "find" | "unit" | "unitMembers">;
  exchange: Pick<ExchangeAdmin, "dynamicGroupMembers">;
  /** Users of the snapshot: whom the directory names without saying what they are. */
  isUser(id: string): boolean;
  /** A group that cannot be read now is a fault, and not one that cannot be read. */
  patient: boolean;
}

/** More groups inside one are a mistake of somebody's, or an attempt to keep a worker busy. */
const mostGroups = 5_000;

/** @throws MailkeepError `unavailable`, `throttled`, `unauthenticated`: the same question may be answered later */
export async function expandGroups(names: string[], deps: ExpandDeps): Promise<Expansion[]> {
  const expansions: Expansion[] = [];
  for (const [index, name] of names.entries()) {
    const read = readName(name);
    // Containers are looked up in the snapshot.
    if (names.indexOf(name) < index || ("kind" in read && read.kind === "distinguishedName")) continue;
    try {
      expansions.push(await expandGroup(name, deps));
    } catch (error) {
      if (!isMailkeepError(error, "unavailable", "throttled")) throw error;
      // The name itself is a person's business: this text can reach a log.
      throw new MailkeepError(
        error.code,
        `mailboxes.groups[${index}] of the profile cannot be read: ${error.message}`,
        {
          reason: "GROUP_UNAVAILABLE",
          cause: error,
          ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
        },
      );
    }
  }
  return expansions;
}

async function expandGroup(name: string, deps: ExpandDeps): Promise<Expansion> {
  const expansion = emptyExpansion(name);
  try {
    const group = await deps.directory.group(withoutScheme(name));
    if (group === undefined) await expandOther(expansion, deps);
    else {
      expansion.kind = group.kind;
      expansion.displayName = group.displayName;
      await expandLevels(expansion, [{ id: group.id, path: [name] }], deps);
    }
  } catch (error) {
    if (!isMailkeepError(error, ...unreadableCodes(deps))) throw error;
    expansion.problems.push(unreadable(name, error));
  }
  if (expansion.people.length === 0 && expansion.problems.length === 0)
    expansion.problems.push({ code: "GROUP_EMPTY", message: `the group ${name} has no members who are users` });
  return expansion;
}

/** Asking again will not help, or was tried often enough. */
const unreadableCodes = ({ patient }: Pick<ExpandDeps, "patient">) =>
  patient
    ? (["forbidden", "invalid", "not-found"] as const)
    : (["forbidden", "invalid", "not-found", "unavailable", "throttled"] as const);

/** What may pass has no remedy but time: it is not blamed on a right. */
const unreadable = (name: string, error: MailkeepError) => ({
  code: isMailkeepError(error, "unavailable", "throttled")
    ? ("GROUP_UNAVAILABLE" as const)
    : ("GROUP_UNREADABLE" as const),
  message: `the members of the group ${name} cannot be read (${error.reason ?? error.code}${
    error.code === "forbidden" ? "; mailkeep needs the Graph application permission GroupMember.Read.All" : ""
  })`,
});

interface Place {
  id: string;
  path: string[];
}

async function expandLevels(expansion: Expansion, top: Place[], deps: ExpandDeps): Promise<void> {
  const met = new Set(top.map(({ id }) => id));
  let level = top;
  while (level.length > 0) {
    const below: Place[] = [];
    for (const group of level) {
      for (const { id, name } of await takeMembers(expansion, group, deps)) {
        if (met.has(id)) continue;
        met.add(id);
        const path = [...group.path, name === "" ? id : name];
        expansion.nested.push(path);
        below.push({ id, path });
      }
    }
    if (met.size > mostGroups) {
      const message = `the group ${expansion.name} holds more than ${mostGroups} groups; name fewer or smaller ones`;
      expansion.problems.push({ code: "GROUP_UNREADABLE", message });
      return;
    }
    level = below;
  }
}

/** Takes in the people of one group and answers with the groups in it. */
async function takeMembers(
  expansion: Expansion,
  { id, path }: Place,
  { directory, isUser, patient }: ExpandDeps,
): Promise<GroupMember[]> {
  const groups: GroupMember[] = [];
  try {
    for await (const page of directory.groupMembers(id))
      for (const member of page) {
        const user =
          member.kind === "user" ||
          (member.kind === "unknown" && (isUser(member.id) || (await directory.find(member.id)) !== undefined));
        if (user) expansion.people.push({ id: MailboxId.parse(member.id), path });
        else if (member.kind === "group") groups.push(member);
        else if (member.kind === "other") expansion.ignored.push(ignored(member));
        else {
          const message = `the group ${path.join(" > ")} has a member ${member.id} that mailkeep may not read and does not know`;
          expansion.problems.push({ code: "GROUP_UNREADABLE", message });
        }
      }
  } catch (error) {
    if (!isMailkeepError(error, ...unreadableCodes({ patient }))) throw error;
    expansion.problems.push(unreadable(path.join(" > "), error));
  }
  return groups;
}

const ignored = ({ id, name, type }: GroupMember) => ({ id, name, reason: `a member of type ${type} has no mailbox` });

/** Not one of the directory's groups: an administrative unit, or a group that only Exchange knows. */
async function expandOther(expansion: Expansion, deps: ExpandDeps): Promise<void> {
  const unit = await expandUnit(expansion, deps);
  if (unit === "expanded") return;
  if (unit !== "none" && expansion.kind === "administrativeUnit") {
    expansion.problems.push(unit);
    return;
  }
  await expandDynamic(expansion, deps);
  // Without a right to units the last word is not Exchange's.
  if (unit !== "none" && expansion.kind === "unknown") expansion.problems = [unit];
}

/** Graph does not know dynamic distribution groups; the groups in one it knows. */
async function expandDynamic(expansion: Expansion, deps: ExpandDeps): Promise<void> {
  const { name } = expansion;
  const found = await membersInExchange(withoutScheme(name), deps);
  if ("code" in found) {
    expansion.problems.push(found);
    return;
  }
  expansion.kind = "dynamicDistribution";
  expansion.displayName = found.displayName;
  const below: Place[] = [];
  for (const { id, address, displayName } of found.members) {
    const group = id === undefined || deps.isUser(id) ? undefined : await deps.directory.group(id);
    if (group !== undefined) below.push({ id: group.id, path: [name, group.address ?? group.displayName] });
    else if (id !== undefined || address !== "")
      expansion.people.push({ ...(id && { id }), ...(address !== "" && { address }), path: [name] });
    else expansion.ignored.push({ id: "", name: displayName, reason: "a member without an id and an address" });
  }
  expansion.nested.push(...below.map(({ path }) => path));
  await expandLevels(expansion, below, deps);
}
