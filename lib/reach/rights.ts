// Pure: which application permissions the token should carry by infra/rights.json, and what it carries beside or instead.
import { beyond, expectedRights } from "../access/rights.js";
import { tenantWideMail } from "../mailboxes/access.js";

/** Wider permissions that do the same work. */
const wider: Record<string, readonly string[]> = {
  "User.Read.All": ["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
  "Mail.Read": tenantWideMail,
  "MailboxSettings.Read": ["MailboxSettings.ReadWrite"],
};

/** Without it nobody is found. Mail may be read by RBAC for Applications, which no token shows; the rest is of use. */
const needed = "User.Read.All";

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
  const expected = expectedRights("reader").map(({ value }) => value);
  const has = (role: string) => held.some((one) => one === role || wider[role]?.includes(one));
  const lacking = expected.filter((role) => !has(role));
  return {
    held: [...held].sort(),
    expected,
    missing: lacking.filter((role) => role === needed),
    absent: lacking.filter((role) => role !== needed),
    extra: beyond("reader", held).sort(),
  };
}
