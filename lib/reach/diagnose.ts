// Pure: Exchange says of every refusal only "access denied". What the token carries, what RBAC for Applications grants and
// what could be read before tell which of its causes it is.
import { type Access, tenantWideMail } from "../mailboxes/access.js";
import type { ApplicationRight } from "../ports/exchange-admin.js";

export interface Circumstances {
  /** The application permissions in the token; undefined when it does not say. */
  roles: readonly string[] | undefined;
  /** What Exchange says of this app and this mailbox; undefined when it was not or could not be asked. */
  rights?: readonly ApplicationRight[] | undefined;
  before: Access | undefined;
  /** Some other mailbox can be read, and not by a permission of the whole tenant that the token once carried. */
  othersReadable: boolean;
  /** Its folders and messages are listed; only reading a message is refused. */
  lists?: boolean;
  /** The refusal was worded as a policy words it. */
  namesPolicy: boolean;
}

export type Cause =
  | "APP_ACCESS_POLICY"
  | "NOT_IN_SCOPE"
  | "MAIL_RIGHT_MISSING"
  | "MAIL_READ_BASIC_ONLY"
  | "PENDING_PROPAGATION"
  | "ErrorAccessDenied";

export interface Diagnosis {
  code: Cause;
  detail: string;
}

const grantsMail = ({ permission }: ApplicationRight): boolean =>
  /^(Mail\.Read(Write)?|(Mail|Exchange) Full Access)$/i.test(permission);

/** Grants of Entra and of Exchange are a union; an Application Access Policy takes away from Entra's alone. */
export function diagnose(circumstances: Circumstances): Diagnosis {
  const { roles, rights, before, othersReadable, namesPolicy, lists = false } = circumstances;
  const suffix = before?.lastReadAt === undefined ? "" : `; it could be read until ${before.lastReadAt}`;
  const said = (code: Cause, detail: string): Diagnosis => ({ code, detail: `${detail}${suffix}` });
  const mail = rights?.filter(grantsMail);
  if (mail?.some(({ inScope }) => inScope === true))
    return said("PENDING_PROPAGATION", "Exchange has the mailbox in the scope of the app and refuses it all the same");
  if (lists) return listsOnly(circumstances);
  if (roles?.some((role) => tenantWideMail.includes(role)) || (roles === undefined && namesPolicy))
    return said(
      "APP_ACCESS_POLICY",
      "the token may read all mail, and Exchange refuses this mailbox: a policy of the tenant does",
    );
  if (mail !== undefined && mail.length > 0) {
    const scopes = [...new Set(mail.map(({ scope }) => scope ?? "the organisation"))].join(", ");
    return said("NOT_IN_SCOPE", `the app may read the mailboxes of ${scopes}, and this is none of them`);
  }
  // Exchange was asked and knows no grant of this app: what others were read by is no scope of it.
  if (othersReadable && roles !== undefined && mail === undefined)
    return said(
      "NOT_IN_SCOPE",
      "the token carries no right to mail and other mailboxes can be read, so a scope decides: this mailbox is outside it",
    );
  if (roles !== undefined || mail !== undefined)
    return said(
      "MAIL_RIGHT_MISSING",
      "the token carries no right to mail, and no scope that would give it is known to hold this mailbox",
    );
  if (othersReadable) return said("NOT_IN_SCOPE", "other mailboxes can be read, this one is refused");
  return said("ErrorAccessDenied", "Exchange refuses the mailbox, and the token does not say what it may do");
}

/** Whoever may list may not be kept out by a scope or a policy: those shut the whole mailbox. */
function listsOnly({ roles }: Circumstances): Diagnosis {
  if (roles === undefined || roles.some((role) => tenantWideMail.includes(role)))
    return {
      code: "ErrorAccessDenied",
      detail: "the mailbox lists its messages, and none of those that were tried could be read",
    };
  return {
    code: "MAIL_READ_BASIC_ONLY",
    detail: "the app may list messages here, and none of those that were tried could be read",
  };
}
