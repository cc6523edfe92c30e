// Whom a profile means and the snapshot does not know: the directory itself is asked for each before anybody is called
// unknown, since changes are told late, and sometimes never.
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { Directory, DirectoryUser } from "../ports/directory.js";
import { leftDirectory } from "./classify.js";
import type { Expansion } from "./expansion.js";
import type { MailboxEntry } from "./mailbox.js";
import { indexNames } from "./name-index.js";

/** Names that the directory did not answer for, with why: nothing is known of them, least of all that nobody has them. */
export type Unanswered = ReadonlyMap<string, { code: string; message: string }>;

export interface Met {
  users: DirectoryUser[];
  unanswered: Unanswered;
}

/** A snapshot that lacks more people than this is read anew, not mended. */
export const mostAsked = 1_000;
const askAtOnce = 8;
/** Each was tried several times already; a directory that fails so often is not asked for the others. */
const mostFailures = 8;

/** Pure: the names in the profile and its groups that nobody has who is there. Who left may be back. */
export function strangersIn(
  named: readonly string[],
  entries: readonly MailboxEntry[],
  groups: readonly Expansion[],
): string[] {
  const index = indexNames(entries);
  const isThere = (name: string | undefined) => {
    const found = name === undefined ? undefined : index.find(name);
    return found !== undefined && found.mailbox.excluded !== leftDirectory;
  };
  const people = groups.flatMap((group) => group.people.filter(({ id, address }) => !isThere(id) && !isThere(address)));
  const names = [
    ...named.filter((name) => !isThere(name)),
    ...people.flatMap(({ id, address }) => id ?? address ?? []),
  ];
  return [...new Set(names)];
}

/**
 * Asks for each name by itself. Patient: a directory that does not answer now is a fault, to be asked again later.
 * @throws MailkeepError `unauthenticated`; `unavailable`, `throttled` (DIRECTORY_UNANSWERED) when patient
 */
export async function meet(
  names: readonly string[],
  directory: Pick<Directory, "find">,
  { patient }: { patient: boolean },
): Promise<Met> {
  const users = new Map<MailboxId, DirectoryUser>();
  const unanswered = new Map<string, { code: string; message: string }>();
  let failures = 0;
  await inParallel(names.entries(), askAtOnce, async ([at, name]) => {
    if (at >= mostAsked || failures >= mostFailures) {
      unanswered.set(name, at >= mostAsked ? tooMany : unavailable);
      return;
    }
    try {
      const user = await directory.find(name);
      if (user !== undefined) users.set(user.id, user);
    } catch (error) {
      if (!isMailkeepError(error, "unavailable", "throttled", "forbidden", "invalid")) throw error;
      const passes = error.code === "unavailable" || error.code === "throttled";
      if (patient && passes) throw later(error);
      if (passes) failures++;
      unanswered.set(name, { code: error.reason ?? error.code, message: error.message });
    }
  });
  return { users: [...users.values()], unanswered };
}

const tooMany = {
  code: "DIRECTORY_SYNC_REQUIRED",
  message: `more than ${mostAsked} names are not in the directory snapshot; POST /directory/sync reads it anew`,
};
const unavailable = {
  code: "DIRECTORY_UNANSWERED",
  message: "the directory did not answer for others, again and again",
};

/** The name itself is a person's business: this text can reach a log. */
const later = (error: MailkeepError): MailkeepError =>
  new MailkeepError(
    error.code,
    `the directory was asked for somebody whom the profile means and whom its snapshot does not know, and gave no answer: ${error.message}`,
    {
      reason: "DIRECTORY_UNANSWERED",
      cause: error,
      ...(error.requestId !== undefined && { requestId: error.requestId }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    },
  );
