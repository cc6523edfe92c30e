// Pure: finds a mailbox of the snapshot by whatever a profile calls it.
import { distinguishedParts } from "../core/distinguished-name.js";
import { nameKey } from "../profiles/directory-name.js";
import { leftDirectory } from "./classify.js";
import type { MailboxEntry } from "./mailbox.js";

export type FoundBy = "objectId" | "address" | "alias" | "userPrincipalName" | "distinguishedName";

export interface NameIndex {
  find(name: string): { mailbox: MailboxEntry; by: FoundBy } | undefined;
}

/**
 * By object id, user principal name, every address, and the distinguished name on premises. The primary address of one
 * beats the alias of another, and whoever is there beats whoever left: an address may have a new owner.
 */
export function indexNames(directory: readonly MailboxEntry[]): NameIndex {
  const index = new Map<string, { mailbox: MailboxEntry; by: FoundBy }>();
  const isGone = ({ excluded }: MailboxEntry) => excluded === leftDirectory;
  const put = (name: string, mailbox: MailboxEntry, by: FoundBy) => {
    if (name !== "") index.set(name.toLowerCase(), { mailbox, by });
  };
  const passes: ((mailbox: MailboxEntry) => void)[] = [
    (mailbox) => {
      for (const address of mailbox.addresses) put(address, mailbox, "alias");
    },
    (mailbox) => put(mailbox.userPrincipalName, mailbox, "userPrincipalName"),
    (mailbox) => put(mailbox.address, mailbox, "address"),
    (mailbox) => put(mailbox.id, mailbox, "objectId"),
    (mailbox) => {
      const name = mailbox.onPremisesDistinguishedName ?? "";
      if (distinguishedParts(name) !== undefined) put(nameKey(name), mailbox, "distinguishedName");
    },
  ];
  for (const some of [directory.filter(isGone), directory.filter((mailbox) => !isGone(mailbox))])
    for (const pass of passes) for (const mailbox of some) pass(mailbox);
  return {
    find: (name) => index.get(nameKey(name)),
  };
}
