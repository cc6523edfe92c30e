// Pure: an access test as the API shows it: what was found, the two conditions of each mailbox, and what to do next.
import type { Access } from "../mailboxes/access.js";
import type { TokenFacts } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import type { AppliedOverride } from "../profiles/settings.js";
import type { Probe } from "./probe.js";
import type { Target } from "./targets.js";

export interface MailboxTest {
  target: Target;
  override: AppliedOverride | undefined;
  probes: Probe[];
  access: Access | undefined;
}

/** `incomplete`: nothing failed, and not everything could be asked. */
export type Result = "ok" | "failed" | "incomplete";

export interface MailboxReport {
  asked: string;
  id: string | null;
  address: string | null;
  displayName: string | null;
  result: Result;
  /** A mailbox is archived when the profile chooses it and the app may read it. */
  conditions: { inProfile: boolean | null; readable: boolean | null; missing: ("profile" | "scope")[] };
  /** Why the profile does not choose it. */
  leftOut: string | null;
  /** The override of the profile that holds for it. */
  override: AppliedOverride | null;
  access: { mode: Access["mode"]; since: string; checkedAt: string } | null;
  probes: Probe[];
}

export interface AccessTest {
  result: Result;
  summary: string;
  testedAt: string;
  ms: number;
  identity: { tenantId: string | null; appId: string | null; principalId: string | null; roles: string[] | null };
  probes: Probe[];
  mailboxes: MailboxReport[];
  /** Chosen by the profile and not tested. */
  notTested: number;
  next: NextCall[];
}

export interface NextCall {
  method: "GET" | "POST";
  path: string;
  why: string;
  /** Ready to be sent. */
  body?: unknown;
}

export interface Tested {
  profile: ProfileInput & { id?: string };
  facts: TokenFacts;
  probes: Probe[];
  mailboxes: MailboxTest[];
  left: number;
  at: Date;
  ms: number;
  hasSnapshot: boolean;
}

export function reportOf(tested: Tested): AccessTest {
  const { facts, probes, at, ms, left } = tested;
  const mailboxes = tested.mailboxes.map(mailboxReport);
  const nobody = mailboxes.length === 0;
  const parts = [
    resultOf(probes),
    ...mailboxes.map(({ result }) => result),
    ...(nobody ? ["incomplete" as const] : []),
  ];
  const result = worst(parts);
  return {
    result,
    summary: summaryOf(result, probes, mailboxes, left),
    testedAt: at.toISOString(),
    ms,
    identity: {
      tenantId: facts.tenantId ?? null,
      appId: facts.appId ?? null,
      principalId: facts.principalId ?? null,
      roles: facts.roles ?? null,
    },
    probes,
    mailboxes,
    notTested: left,
    next: nextCalls(result, tested),
  };
}

function worst(results: Result[]): Result {
  if (results.includes("failed")) return "failed";
  return results.includes("incomplete") ? "incomplete" : "ok";
}

function resultOf(probes: Probe[]): Result {
  if (probes.some(({ status }) => status === "failed")) return "failed";
  return probes.some(({ status }) => status === "skipped") ? "incomplete" : "ok";
}

function mailboxReport({ target, override, probes, access }: MailboxTest): MailboxReport {
  const { asked, mailbox, inProfile, leftOut } = target;
  const opened = probes.find(({ name }) => name === "mailbox")?.status;
  const refused = probes.some(({ status, evidence }) => status === "failed" && evidence?.status === 403);
  const readable = refused || opened === "failed" ? false : opened === "ok" ? true : null;
  const missing = [...(inProfile === false ? (["profile"] as const) : []), ...(refused ? (["scope"] as const) : [])];
  return {
    asked,
    id: mailbox?.id ?? null,
    address: mailbox?.address ?? null,
    displayName: mailbox?.displayName ?? null,
    result: resultOf(probes),
    conditions: { inProfile, readable, missing },
    leftOut: leftOut ?? null,
    override: override ?? null,
    access: access ? { mode: access.mode, since: access.since, checkedAt: access.checkedAt } : null,
    probes,
  };
}

function summaryOf(result: Result, probes: Probe[], mailboxes: MailboxReport[], left: number): string {
  const good = mailboxes.filter((mailbox) => mailbox.result === "ok").length;
  const tested =
    mailboxes.length === 0 ? "no mailbox was tested" : `${good} of ${mailboxes.length} mailboxes can be archived`;
  const more = left > 0 ? `; ${left} more were not tested` : "";
  const broken = [...probes, ...mailboxes.flatMap((mailbox) => mailbox.probes)].filter(
    ({ status }) => status === "failed",
  );
  const codes = [...new Set(broken.map(({ name, code }) => `${name}: ${code}`))].slice(0, 5).join(", ");
  return `${tested}${more}${result === "failed" ? `; what fails is ${codes}` : ""}`;
}

function nextCalls(result: Result, { profile, hasSnapshot, probes, mailboxes }: Tested): NextCall[] {
  const root = "/api/v1";
  const saved = profile.id === undefined ? "/profiles" : `/profiles/${profile.id}`;
  const test: NextCall = { method: "POST", path: `${root}${saved}/test`, why: "after mending what failed, test again" };
  const sync: NextCall = { method: "POST", path: `${root}/directory/sync`, why: "the users have not been read yet" };
  const isUnread = [...probes, ...mailboxes.flatMap((mailbox) => mailbox.probes)].some(
    ({ code }) => code === "DIRECTORY_SYNC_REQUIRED",
  );
  if (result === "failed") return [...(isUnread ? [sync] : []), test];
  if (result === "incomplete") return [{ ...test, why: "to test what could not be asked now" }];
  const go: NextCall =
    profile.id === undefined
      ? { method: "POST", path: `${root}/profiles`, why: "everything works: create the profile", body: profile }
      : { method: "POST", path: `${root}${saved}/run`, why: "everything works: run it" };
  const preview: NextCall = {
    method: "POST",
    path: `${root}${saved}/preview`,
    why: "see whom and what it would archive",
  };
  return [...(hasSnapshot || profile.id !== undefined ? [] : [sync]), go, preview];
}
