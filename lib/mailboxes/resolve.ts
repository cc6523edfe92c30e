// Pure: a profile and the directory snapshot give the list of mailboxes, with the reason for each that is left out.
import type { ProfileInput } from "../profiles/profile.js";
import { exclusionText } from "./classify.js";
import type { MailboxEntry } from "./mailbox.js";

export interface Resolution {
  chosen: { mailbox: MailboxEntry; named: boolean }[];
  /** By rule or by the profile's own list. */
  excluded: { mailbox: MailboxEntry; reason: string }[];
  /** What the profile names and nobody has, or what it names and cannot be archived. */
  unresolved: { address: string; reason: string; message: string }[];
}

export function resolve(profile: Pick<ProfileInput, "mailboxes">, directory: MailboxEntry[]): Resolution {
  const { mode, mailboxes: names } = profile.mailboxes;
  const byName = index(directory);
  const found = names.map((name) => ({ name, mailbox: byName.get(name.trim().toLowerCase()) }));
  const unresolved = found.filter(({ mailbox }) => mailbox === undefined).map(({ name }) => unknown(name));
  const named = new Set(found.flatMap(({ mailbox }) => (mailbox === undefined ? [] : [mailbox])));
  if (mode === "single" || mode === "only") return namedOnly([...named], unresolved);
  const result: Resolution = { chosen: [], excluded: [], unresolved };
  for (const mailbox of directory) {
    if (mode === "except" && named.has(mailbox)) result.excluded.push({ mailbox, reason: "EXCEPTED_BY_PROFILE" });
    else if (mailbox.excluded !== undefined) result.excluded.push({ mailbox, reason: mailbox.excluded });
    else result.chosen.push({ mailbox, named: false });
  }
  return result;
}

function namedOnly(mailboxes: MailboxEntry[], unresolved: Resolution["unresolved"]): Resolution {
  const result: Resolution = { chosen: [], excluded: [], unresolved: [...unresolved] };
  for (const mailbox of mailboxes) {
    const { excluded: reason, address } = mailbox;
    if (reason === undefined) result.chosen.push({ mailbox, named: true });
    else {
      result.excluded.push({ mailbox, reason });
      result.unresolved.push({
        address,
        reason,
        message: `${address} cannot be archived: ${exclusionText[reason] ?? reason}`,
      });
    }
  }
  return result;
}

/** By object id, user principal name and every address; the primary address of one beats the alias of another. */
function index(directory: MailboxEntry[]): Map<string, MailboxEntry> {
  const byName = new Map<string, MailboxEntry>();
  for (const mailbox of directory) for (const address of mailbox.addresses) byName.set(address.toLowerCase(), mailbox);
  for (const mailbox of directory)
    for (const name of [mailbox.address, mailbox.userPrincipalName, mailbox.id])
      byName.set(name.toLowerCase(), mailbox);
  return byName;
}

const unknown = (address: string) => ({
  address,
  reason: "ADDRESS_NOT_FOUND",
  message: `nobody in the directory has the address ${address}; check the spelling, or sync the directory`,
});
