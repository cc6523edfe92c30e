// Token and directory: what must work before any mailbox can be asked.
import { isMailkeepError, type MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { type Clock, second, type Ticker } from "../core/time.js";
import type { Places } from "../faults/explain.js";
import type { DirectoryUser } from "../ports/directory.js";
import type { TenantEdge, TokenFacts } from "../ports/tenants.js";
import { evidenceOf, type Failure, type Found, failed, notNeeded, ok, type Probe, timed } from "./probe.js";
import { type RoleReport, reportRoles } from "./rights.js";
import { within } from "./within.js";

export interface Timing {
  clock: Clock;
  ticker: Ticker;
}

const longestTokenMs = 30 * second;
/** Five tries at a host that is not there take about a minute. */
const longestDirectoryMs = 80 * second;
const longestExchangeMs = 25 * second;

export interface TokenProbed {
  probe: Probe;
  /** Undefined when there is no token. */
  facts?: TokenFacts;
  roles?: RoleReport;
}

/** A fresh token: one from our cache would not show what was granted a minute ago. */
export async function probeToken(tenant: TenantEdge, deps: Timing): Promise<TokenProbed> {
  const { clock } = deps;
  try {
    const began = clock.monotonicMs();
    const facts = await within(longestTokenMs, tenant.tokenFacts({ fresh: true }), deps);
    const roles = facts.roles === undefined ? undefined : reportRoles(facts.roles);
    const probe = { ...judged(facts, roles, clock), ms: Math.round(clock.monotonicMs() - began) };
    return { facts, probe, ...(roles && { roles }) };
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
  return { code, detail, evidence: evidenceOf(error, request), places: { ...places, ...error.places }, ...wait };
}

export interface DirectoryProbed {
  probe: Probe;
  /** The first page of users, when it came. */
  users: DirectoryUser[];
  error?: MailkeepError;
}

/** Reads the first page just as a directory sync does. */
export async function probeDirectory(tenant: TenantEdge, places: Places, deps: Timing): Promise<DirectoryProbed> {
  const { clock } = deps;
  const began = clock.monotonicMs();
  try {
    const users = await within(longestDirectoryMs, firstPage(tenant), deps);
    const withAddress = users.filter(({ mail, guest }) => mail !== undefined && !guest).length;
    const detail = `the first page names ${users.length} users`;
    const probe = ok("directory", detail, { users: users.length, withAddress });
    return { users, probe: { ...probe, ms: Math.round(clock.monotonicMs() - began) } };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return { users: [], error, probe: failed("directory", failureOf(error, "GET /users", places), clock) };
  }
}

async function firstPage(tenant: TenantEdge): Promise<DirectoryUser[]> {
  for await (const users of tenant.directory.users()) return users;
  return [];
}

/** What of a profile only Exchange's administration can answer. */
export interface ExchangeWish {
  /** A mailbox whose holds a deletion rule must know. */
  holdsOf?: MailboxId | undefined;
  /** A group that Graph does not know: a dynamic distribution group, if it is one. */
  group?: string | undefined;
}

function toldBy(answer: object | undefined): string {
  if (answer === undefined) return "it answers, and does not know what was asked for";
  const isPart = "organizationHolds" in answer && answer.organizationHolds === undefined;
  const policies =
    "retention policies for the whole organisation are not shown to it: infra/exchange.ps1 gives Get-OrganizationConfig";
  return isPart ? `it answers; ${policies}` : "it answers";
}

/** Asked for nothing that the profile does not need: it is a right of its own. */
export async function probeExchange(
  tenant: TenantEdge,
  { holdsOf, group }: ExchangeWish,
  { places, ...timing }: Timing & { places: Places },
): Promise<Probe> {
  const { clock } = timing;
  if (holdsOf === undefined && group === undefined)
    return notNeeded("exchange", "EXCHANGE_NOT_NEEDED", "no group and no deletion rule of the profile needs it");
  const question: Promise<object | undefined> =
    holdsOf === undefined ? tenant.exchange.dynamicGroupMembers(group ?? "") : tenant.exchange.holds(holdsOf);
  return timed(clock, async () => {
    try {
      const answer = await within(longestExchangeMs, question, timing);
      return ok("exchange", toldBy(answer));
    } catch (error) {
      if (!isMailkeepError(error)) throw error;
      return failed("exchange", failureOf(error, "POST /adminapi/…", places), clock);
    }
  });
}
