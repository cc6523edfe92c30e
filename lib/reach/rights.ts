// Pure: which application permissions the token should carry, and what it carries beside or instead of them. The same list
// as infra/rights.json, which a test holds.
import { tenantWideMail } from "../mailboxes/access.js";

export interface Expected {
  role: string;
  /** One of these does as well. */
  orAny: readonly string[];
  /** Whether nothing works without; mail may be read by RBAC for Applications instead, which no token shows. */
  needed: boolean;
  why: string;
}

export const expectedRoles: readonly Expected[] = [
  {
    role: "User.Read.All",
    orAny: ["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    needed: true,
    why: "who is there, and under which addresses",
  },
  {
    role: "Mail.Read",
    orAny: tenantWideMail,
    needed: false,
    why: "the mail of every mailbox; not needed where RBAC for Applications gives it for chosen mailboxes",
  },
  {
    role: "MailboxSettings.Read",
    orAny: ["MailboxSettings.ReadWrite"],
    needed: false,
    why: "tells shared mailboxes, rooms and equipment from people; not needed to archive",
  },
];

/** Roles that profiles with groups or other features may need; to hold them is no fault. */
const welcome = ["Group.Read.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All"];

export interface RoleReport {
  held: string[];
  expected: string[];
  /** Needed, and not there. */
  missing: string[];
  /** Useful, and not there. */
  absent: string[];
  /** There, and more than archiving needs: each widens what a stolen token could do. */
  extra: string[];
}

export function reportRoles(held: readonly string[]): RoleReport {
  const has = ({ role, orAny }: Expected) => held.some((one) => one === role || orAny.includes(one));
  const lacking = expectedRoles.filter((expected) => !has(expected));
  const wanted = new Set([...expectedRoles.map(({ role }) => role), ...welcome]);
  return {
    held: [...held].sort(),
    expected: expectedRoles.map(({ role }) => role),
    missing: lacking.filter(({ needed }) => needed).map(({ role }) => role),
    absent: lacking.filter(({ needed }) => !needed).map(({ role }) => role),
    extra: held.filter((role) => !wanted.has(role)).sort(),
  };
}
