// Names in the wrong list of a profile: a user among the groups, a group among the mailboxes. Nobody is chosen by them; a person
// is told where they belong.
import { isMailkeepError } from "../core/errors.js";
import type { Directory } from "../ports/directory.js";
import { readName, withoutScheme } from "../profiles/directory-name.js";
import { isGone } from "./enter.js";
import type { Expansion } from "./expansion.js";
import type { NameIndex } from "./name-index.js";

/** Pure: what is no group, as far as anybody can tell, and is the name of somebody in the snapshot. */
export function asUser(group: Expansion, index: NameIndex): Expansion {
  const found = group.kind === "unknown" ? index.find(group.name) : undefined;
  if (found === undefined || isGone(found.mailbox)) return group;
  const problems = group.problems.map(({ code, message }) => ({
    code,
    message:
      code === "GROUP_NOT_FOUND"
        ? `no group has the name ${group.name}: it is a user's, and belongs into mailboxes.mailboxes`
        : `${message}; a user has the name, and a user belongs into mailboxes.mailboxes`,
  }));
  return { ...group, problems };
}

/** More names that nobody has are no slip of the pen. */
const mostAsked = 20;

/**
 * Which of the names that no user has are those of groups. A directory that does not answer, or not to us, is not asked on: what
 * a name may be besides decides nothing.
 * @throws MailkeepError `unauthenticated`
 */
export async function groupsAmong(names: readonly string[], directory: Pick<Directory, "group">): Promise<Set<string>> {
  const groups = new Set<string>();
  // Of groups the directory does not tell the distinguished name.
  const askable = names.filter((name) => {
    const read = readName(name);
    return "kind" in read && read.kind !== "distinguishedName";
  });
  try {
    for (const name of askable.slice(0, mostAsked))
      if ((await directory.group(withoutScheme(name))) !== undefined) groups.add(name);
  } catch (error) {
    if (!isMailkeepError(error, "forbidden", "invalid", "unavailable", "throttled")) throw error;
  }
  return groups;
}
