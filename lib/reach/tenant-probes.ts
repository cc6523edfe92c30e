// Token and directory: what must work before any mailbox can be asked.
import { isMailkeepError, type MailkeepError } from "../core/errors.js";
import type { Clock } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import type { DirectoryUser } from "../ports/directory.js";
import type { TenantEdge, TokenFacts } from "../ports/tenants.js";
import { evidenceOf, type Failure, type Found, failed, ok, type Probe } from "./probe.js";
import { type RoleReport, reportRoles } from "./rights.js";

export interface TokenProbed {
  probe: Probe;
  /** Undefined when there is no token. */
  facts?: TokenFacts;
  roles?: RoleReport;
}

/** A fresh token: one from our cache would not show what was granted a minute ago. */
export async function probeToken(tenant: TenantEdge, clock: Clock): Promise<TokenProbed> {
  try {
    const facts = await tenant.tokenFacts({ fresh: true });
    const roles = facts.roles === undefined ? undefined : reportRoles(facts.roles);
    return { facts, probe: judged(facts, roles, clock), ...(roles && { roles }) };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return { probe: failed("token", failureOf(error, "POST /oauth2/v2.0/token"), clock) };
  }
}

function judged(facts: TokenFacts, roles: RoleReport | undefined, clock: Clock): Probe {
  const { expiresAt } = facts;
  const places = placesOf(facts);
  const found = foundIn(facts, roles);
  if (expiresAt !== undefined && Date.parse(expiresAt) <= clock.now().getTime())
    return failed(
      "token",
      { code: "TOKEN_EXPIRED", detail: `the token expired at ${expiresAt}`, found, places },
      clock,
    );
  if (roles === undefined) return ok("token", "there is a token; it is opaque and does not say what it may do", found);
  if (roles.missing.length > 0) {
    const detail = `the token carries ${list(roles.held)}; it lacks ${list(roles.missing)}`;
    return failed("token", { code: "ROLE_MISSING", detail, found, places }, clock);
  }
  const more = roles.extra.length > 0 ? `; ${list(roles.extra)} is more than archiving needs` : "";
  const less = roles.absent.includes("Mail.Read")
    ? "; mail can be read only where RBAC for Applications allows it, which no token shows"
    : "";
  return ok("token", `the token carries ${list(roles.held)}${more}${less}`, found);
}

const list = (roles: string[]): string => (roles.length === 0 ? "no application permission" : roles.join(", "));

function foundIn({ appId, principalId, tenantId, issuedAt, expiresAt }: TokenFacts, roles?: RoleReport): Found {
  const facts = { appId, principalId, tenantId, issuedAt, expiresAt, ...roles };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Found;
}

export const placesOf = ({ appId, principalId, tenantId }: TokenFacts): Places => ({ appId, principalId, tenantId });

export function failureOf(error: MailkeepError, request: string, places: Places = {}): Failure {
  const code = error.reason ?? error.code.toUpperCase().replaceAll("-", "_");
  const { message: detail, retryAfterMs } = error;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { code, detail, evidence: evidenceOf(error, request), places, ...wait };
}

export interface DirectoryProbed {
  probe: Probe;
  /** The first page of users, when it came. */
  users: DirectoryUser[];
  error?: MailkeepError;
}

/** Reads the first page just as a directory sync does. */
export async function probeDirectory(tenant: TenantEdge, places: Places, clock: Clock): Promise<DirectoryProbed> {
  try {
    for await (const users of tenant.directory.users()) {
      const mailed = users.filter(({ mail, guest }) => mail !== undefined && !guest).length;
      const found = { users: users.length, withAddress: mailed };
      return { users, probe: ok("directory", `the first page names ${users.length} users`, found) };
    }
    return { users: [], probe: ok("directory", "the directory names no user", { users: 0 }) };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return { users: [], error, probe: failed("directory", failureOf(error, "GET /users", places), clock) };
  }
}
