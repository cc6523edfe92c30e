// One question of an access test and what came of it: in words, with evidence, and with what mends it.
import type { MailkeepError } from "../core/errors.js";
import { type Clock, minute } from "../core/time.js";
import { explain, type Places } from "../faults/explain.js";

/** In the order in which they are asked. */
export const probeNames = [
  "token",
  "directory",
  "selection",
  "overrides",
  "exchange",
  "writer",
  "blob",
  "tables",
  "queue",
  "address",
  "mailbox",
  "kind",
  "folders",
  "metadata",
  "mime",
] as const;
export type ProbeName = (typeof probeNames)[number];

/**
 * ok         it works
 * failed     it does not; `code` says why
 * skipped    it was not asked, because something before it failed, or time was up
 * notNeeded  it was not asked, and nothing is the worse for it
 */
export type ProbeStatus = "ok" | "failed" | "skipped" | "notNeeded";

/** What the other side said; never a token, never mail. */
export interface Evidence {
  /** The request without the ids in it. */
  request: string;
  status?: number;
  /** The other side's own code. */
  code?: string;
  requestId?: string;
  /** The refusal is worded as an Application Access Policy words it. */
  namesPolicy?: true;
}

export type Found = Record<string, string | number | boolean | string[]>;

export interface Probe {
  name: ProbeName;
  status: ProbeStatus;
  code?: string;
  detail: string;
  cause?: string;
  fix?: string;
  command?: string;
  link?: string;
  /** Who can mend it. */
  who?: string;
  evidence?: Evidence;
  /** Facts that the probe learnt. */
  found?: Found;
  /** A right is missing: if it was granted lately, it may not have arrived yet. */
  mayBePropagating: boolean;
  /** Test again no earlier, in that case or when a pause was asked for; ISO 8601. */
  retryAt?: string;
  ms: number;
}

/** How long a right that was just granted takes: RBAC for Applications and policies in Exchange up to two hours. */
const arrivesWithinMs = 30 * minute;

export interface Failure {
  code: string;
  detail: string;
  evidence?: Evidence;
  found?: Found;
  places?: Places;
  /** How long the other side asked to be left alone. */
  retryAfterMs?: number;
}

export function ok(name: ProbeName, detail: string, found?: Found): Probe {
  return { name, status: "ok", detail, mayBePropagating: false, ms: 0, ...(found && { found }) };
}

export function notNeeded(name: ProbeName, code: string, detail: string): Probe {
  return { name, status: "notNeeded", code, detail, mayBePropagating: false, ms: 0 };
}

/** Because of `code`, which another probe has met. */
export function skipped(name: ProbeName, code: string, detail: string): Probe {
  return { name, status: "skipped", code, detail, mayBePropagating: false, ms: 0 };
}

export function failed(name: ProbeName, failure: Failure, clock: Pick<Clock, "now">): Probe {
  const { code, detail, evidence, found, places, retryAfterMs } = failure;
  const known = explain(code, places) ?? explain("UNNAMED_CODE");
  const mayBePropagating = known?.kind === "permission";
  const waitMs = retryAfterMs ?? (mayBePropagating ? arrivesWithinMs : undefined);
  return {
    name,
    status: "failed",
    code,
    detail,
    ...(known && { cause: known.cause, fix: known.fix, who: known.who }),
    ...(known?.command !== undefined && { command: known.command }),
    ...(known?.link !== undefined && { link: known.link }),
    ...(evidence && { evidence }),
    ...(found && { found }),
    mayBePropagating,
    ...(waitMs !== undefined && { retryAt: new Date(clock.now().getTime() + waitMs).toISOString() }),
    ms: 0,
  };
}

export function evidenceOf(error: MailkeepError, request: string): Evidence {
  const { status, requestId, namesPolicy, asked } = error;
  const reason = asked?.code ?? error.reason;
  return {
    request: asked?.request ?? request,
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { code: reason }),
    ...(requestId !== undefined && { requestId }),
    ...(namesPolicy && { namesPolicy }),
  };
}

/** Runs one probe and says how long it took. */
export async function timed(clock: Clock, run: () => Promise<Probe>): Promise<Probe> {
  const began = clock.monotonicMs();
  const probe = await run();
  return { ...probe, ms: Math.round(clock.monotonicMs() - began) };
}
