// Pure: whether a user of the directory may have a mailbox to archive, and if not, why. Only what the directory knows;
// whether the mailbox answers is found out by asking it.
import type { DirectoryUser } from "../ports/directory.js";

export type Candidacy = { kind: "candidate" } | { kind: "excluded"; reason: string };

export function classify(user: DirectoryUser): Candidacy {
  if (user.guest) return { kind: "excluded", reason: "GUEST" };
  if (user.mail === undefined && user.addresses.length === 0) return { kind: "excluded", reason: "NO_MAIL_ADDRESS" };
  return { kind: "candidate" };
}

/** The reason of a user who was there and is no more. */
export const leftDirectory = "LEFT_DIRECTORY";

/** What a person reads for each reason; unknown ones are Graph's own codes and are shown as they are. */
export const exclusionText: Record<string, string> = {
  GUEST: "a guest of another organisation: the mailbox is in the guest's own tenant",
  NO_MAIL_ADDRESS: "the user has no mail address, so no mailbox",
  MailboxNotEnabledForRESTAPI: "the mailbox is on-premises, inactive or soft-deleted: Graph does not reach it",
  MailboxNotHostedInExchangeOnline: "the mailbox is hosted on-premises",
  ResourceNotFound: "the user has no Exchange Online mailbox",
  ErrorInvalidUser: "Exchange Online knows no such mailbox",
  ErrorItemNotFound: "the user has no mailbox",
  AuthenticationError: "the user has no Exchange Online licence and no mailbox",
  MAILBOX_IN_OTHER_CONNECTION:
    "another connection to the same tenant has this mailbox; it is archived through that one",
  LEFT_DIRECTORY: "the user is no longer in the directory; what was archived stays",
};
