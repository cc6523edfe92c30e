// Pure: a profile, the directory snapshot and the profile's groups give the list of mailboxes, with the reason for each that
// is chosen and for each that is left out.
import { distinguishedParts, isAtOrBelow } from "../core/distinguished-name.js";
import { readName } from "../profiles/directory-name.js";
import type { ProfileInput } from "../profiles/profile.js";
import { exclusionText } from "./classify.js";
import { isGone } from "./enter.js";
import { type Expansion, emptyExpansion, type Person } from "./expansion.js";
import type { MailboxEntry } from "./mailbox.js";
import { asUser } from "./misplaced.js";
import { type FoundBy, indexNames, type NameIndex } from "./name-index.js";
import type { Unanswered } from "./strangers.js";
import { inGroup, strangersOf, type Unresolved, unknown } from "./unresolved.js";

/** Why a mailbox is chosen, or excepted: by the rule alone, by its own name, or by a group. */
export interface SelectedBy {
  mode: ProfileInput["mailboxes"]["mode"];
  /** As the profile writes it; absent when the rule alone chose it. */
  name?: string;
  how: "rule" | FoundBy | "group" | "container";
  /** For a person: `alias x resolved to y`. */
  note?: string;
  /** The groups from the named one down to the one that holds the user. */
  path?: string[];
}

export interface Resolution {
  chosen: { mailbox: MailboxEntry; named: boolean; selectedBy: SelectedBy }[];
  /** By rule or by the profile's own list. */
  excluded: { mailbox: MailboxEntry; reason: string; selectedBy: SelectedBy }[];
  /** What the profile names and nobody has, or what it names and cannot be archived. */
  unresolved: Unresolved[];
  /** What the groups came to, those of the snapshot included. */
  groups: Expansion[];
}

type Named = Map<MailboxEntry, { selectedBy: SelectedBy; byName: boolean }>;

export type { Unresolved } from "./unresolved.js";

export interface Asked {
  /** The groups of the profile that are not containers, as `expandGroups` gives them. */
  expanded?: Expansion[];
  /** Whom the directory was asked for, and did not answer. */
  unanswered?: Unanswered;
  /** Names among the mailboxes that no user has, and a group. */
  groupNames?: ReadonlySet<string>;
}

export function resolve(
  profile: Pick<ProfileInput, "mailboxes">,
  directory: MailboxEntry[],
  { expanded = [], unanswered = new Map(), groupNames = new Set() }: Asked = {},
): Resolution {
  const { mode, groups } = profile.mailboxes;
  const index = indexNames(directory);
  const unresolved: Unresolved[] = [];
  const names = groups.some(isContainer) ? namesOf(directory) : [];
  const containers = [...new Set(groups.filter(isContainer))].map((name) => expandContainer(name, names));
  const all = [...expanded, ...containers].map((group) => asUser(withoutContacts(group, index, unanswered), index));
  const named = namedBy(profile, { index, groups: all, unresolved, unanswered, groupNames });
  if (mode === "single" || mode === "only") return { ...namedOnly(named, unresolved), groups: all };
  const result: Resolution = { chosen: [], excluded: [], unresolved, groups: all };
  for (const mailbox of directory) {
    const excepted = mode === "except" ? named.get(mailbox) : undefined;
    const selectedBy = excepted?.selectedBy ?? { mode, how: "rule" as const };
    if (excepted !== undefined) result.excluded.push({ mailbox, reason: "EXCEPTED_BY_PROFILE", selectedBy });
    else if (mailbox.excluded !== undefined) result.excluded.push({ mailbox, reason: mailbox.excluded, selectedBy });
    else result.chosen.push({ mailbox, named: false, selectedBy });
  }
  return result;
}

interface Lookup extends Required<Omit<Asked, "expanded">> {
  index: NameIndex;
  groups: Expansion[];
  /** Filled with what could not be found. */
  unresolved: Unresolved[];
}

/** Everybody whom the lists of the profile mean; a name of its own comes before a group. */
function namedBy({ mailboxes: { mode, mailboxes } }: Pick<ProfileInput, "mailboxes">, lookup: Lookup): Named {
  const { index, groups, unresolved, unanswered, groupNames } = lookup;
  const named: Named = new Map();
  for (const name of mailboxes) {
    const found = index.find(name);
    const silence = unanswered.get(name);
    if (found === undefined || (silence !== undefined && isGone(found.mailbox)))
      unresolved.push(unknown(name, { silence, isGroup: groupNames.has(name), fatal: mode === "except" }));
    else if (!named.has(found.mailbox))
      named.set(found.mailbox, { selectedBy: { mode, name, ...foundBy(name, found) }, byName: true });
  }
  for (const group of groups) {
    for (const problem of group.problems)
      unresolved.push(inGroup(group.name, problem, mode === "except" && problem.code !== "GROUP_EMPTY"));
    const strangers: Person[] = [];
    for (const person of group.people) {
      const mailbox = whoIs({ id: person.id, address: person.address }, index);
      const how = group.kind === "container" ? ("container" as const) : ("group" as const);
      const silent = unanswered.has(person.id ?? person.address ?? "");
      if (mailbox === undefined || (silent && isGone(mailbox))) strangers.push(person);
      else if (!named.has(mailbox))
        named.set(mailbox, { selectedBy: { mode, name: group.name, how, path: person.path }, byName: false });
    }
    unresolved.push(
      ...strangersOf(group.name, strangers, unanswered).filter(({ fatal }) => fatal || mode !== "except"),
    );
  }
  return named;
}

/** Whom Exchange names by an address that nobody here has is a contact: somebody outside with a line in the address book. */
function withoutContacts(group: Expansion, index: NameIndex, unanswered: Unanswered): Expansion {
  const isContact = ({ id, address }: Person) =>
    id === undefined && !unanswered.has(address ?? "") && whoIs({ id, address }, index) === undefined;
  const contacts = group.people.filter(isContact);
  if (contacts.length === 0) return group;
  const ignored = contacts.map(({ address = "" }) => ({
    id: "",
    name: address,
    reason: "a contact has no mailbox here",
  }));
  const people = group.people.filter((person) => !isContact(person));
  const message = `the group ${group.name} has no members who are users`;
  const empty = people.length === 0 && group.problems.length === 0 ? [{ code: "GROUP_EMPTY" as const, message }] : [];
  return { ...group, people, ignored: [...group.ignored, ...ignored], problems: [...group.problems, ...empty] };
}

function whoIs(
  { id, address }: { id: string | undefined; address: string | undefined },
  index: NameIndex,
): MailboxEntry | undefined {
  const byId = id === undefined ? undefined : index.find(id);
  if (byId?.by === "objectId") return byId.mailbox;
  return address === undefined ? undefined : index.find(address)?.mailbox;
}

function foundBy(name: string, { mailbox, by }: { mailbox: MailboxEntry; by: FoundBy }) {
  if (by === "address") return { how: by };
  const what = {
    objectId: "object id",
    alias: "alias",
    userPrincipalName: "user principal name",
    distinguishedName: "distinguished name",
  };
  return { how: by, note: `${what[by]} ${name} resolved to ${mailbox.address}` };
}

function namedOnly(named: Named, unresolved: Unresolved[]): Omit<Resolution, "groups"> {
  const result: Omit<Resolution, "groups"> = { chosen: [], excluded: [], unresolved: [...unresolved] };
  for (const [mailbox, { selectedBy, byName }] of named) {
    const { excluded: reason, address } = mailbox;
    if (reason === undefined) {
      result.chosen.push({ mailbox, named: byName, selectedBy });
      continue;
    }
    result.excluded.push({ mailbox, reason, selectedBy });
    // A guest in a group is an everyday thing; a mailbox that the profile names is missed by somebody.
    if (byName) {
      const message = `${address} cannot be archived: ${exclusionText[reason] ?? reason}`;
      result.unresolved.push({ address, reason, message, fatal: false });
    }
  }
  return result;
}

const isContainer = (name: string): boolean => {
  const read = readName(name);
  return "kind" in read && read.kind === "distinguishedName";
};

/** The distinguished names of all who have one, read once for all containers. */
const namesOf = (directory: MailboxEntry[]) =>
  directory.flatMap(({ id, onPremisesDistinguishedName: name }) => {
    const parts = name === undefined ? undefined : distinguishedParts(name);
    return parts === undefined ? [] : [{ id, parts }];
  });

/** All users whose distinguished name is the container's or ends with it. */
function expandContainer(name: string, names: ReturnType<typeof namesOf>): Expansion {
  const container = distinguishedParts(name.trim()) ?? [];
  const expansion: Expansion = { ...emptyExpansion(name), kind: "container" };
  for (const { id, parts } of names)
    if (container.length > 0 && isAtOrBelow(parts, container)) expansion.people.push({ id, path: [name] });
  if (expansion.people.length === 0) {
    const message = `no synced user stands at or below ${name}; groups are named by address or object id, since the directory does not tell their distinguished names`;
    expansion.problems.push({ code: "GROUP_NOT_FOUND", message });
  }
  return expansion;
}
