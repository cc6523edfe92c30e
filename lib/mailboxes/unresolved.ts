// Pure: what a profile names and nobody has, or nobody could be asked about, as a person should read it.
import type { Expansion, Person } from "./expansion.js";
import type { Unanswered } from "./strangers.js";

export interface Unresolved {
  address: string;
  reason: string;
  message: string;
  /** Whom an exception means is not known, so everybody might be meant: nothing may be archived by such a list. */
  fatal: boolean;
}

export const unknown = (
  address: string,
  {
    silence,
    isGroup,
    fatal,
  }: { silence: { code: string; message: string } | undefined; isGroup: boolean; fatal: boolean },
): Unresolved =>
  silence === undefined
    ? {
        address,
        reason: "ADDRESS_NOT_FOUND",
        message: isGroup
          ? `no user has the name ${address}: it is a group's, and belongs into mailboxes.groups`
          : `nobody in the directory has the name ${address}; check the spelling; a group belongs into mailboxes.groups`,
        fatal,
      }
    : {
        address,
        reason: "DIRECTORY_UNANSWERED",
        message: `whether anybody has the name ${address} is not known: the directory snapshot does not have it, and the directory did not answer (${silence.code}): ${silence.message}`,
        fatal,
      };

export const inGroup = (
  name: string,
  { code, message }: Expansion["problems"][number],
  fatal: boolean,
): Unresolved => ({
  address: name,
  reason: code,
  message,
  fatal,
});

/**
 * Members whom the snapshot does not know. Whoever the directory has not, and whoever it did not answer for, is not archived:
 * that cannot break an exception, unless all that is known of somebody is an address, which may be anybody's.
 */
export function strangersOf(group: string, strangers: Person[], unanswered: Unanswered): Unresolved[] {
  const nameOf = ({ id, address = "" }: Person) => id ?? address;
  const silent = strangers.filter((person) => unanswered.has(nameOf(person)));
  const absent = strangers.filter((person) => !unanswered.has(nameOf(person)));
  const some = (people: Person[]) =>
    `${people.length === 1 ? "1 member" : `${people.length} members`} of the group ${group} (${people.slice(0, 5).map(nameOf).join(", ")}${people.length > 5 ? ", …" : ""})`;
  const [first] = silent;
  const why = first && unanswered.get(nameOf(first));
  return [
    ...(absent.length === 0
      ? []
      : [
          {
            address: group,
            reason: "GROUP_MEMBER_UNKNOWN",
            message: `the directory names ${some(absent)} in the group, and knows no such user when it is asked for each`,
            fatal: false,
          },
        ]),
    ...(silent.length === 0
      ? []
      : [
          {
            address: group,
            reason: "DIRECTORY_UNANSWERED",
            message: `who ${some(silent)} may be is not known: the directory did not answer (${why?.code}): ${why?.message}`,
            fatal: silent.some(({ id }) => id === undefined),
          },
        ]),
  ];
}
