// What the door writes into the audit. It follows from the table of routes alone, so no new route can be forgotten.
import type { HttpRequest } from "@azure/functions";
import { problemOf } from "../../lib/api/problem.js";
import { apiRoot, type Input, type Reply, type Route } from "../../lib/api/route.js";
import { isMailkeepError } from "../../lib/core/errors.js";
import { shortHash } from "../../lib/core/ids.js";
import type { AuditMade, AuditTrail } from "../../lib/ports/audit-trail.js";
import { pathParams } from "./parse.js";

/** One request as the audit names it. */
export interface Visit {
  /** The name of the route in the table. */
  action: string;
  route?: Route;
  request: string;
  subject: string;
}

/** Who shows no token, or none that is good. */
export const nobody = "nobody";

/**
 * `change`: everything but GET. `read`: mail, the audit itself, and whatever needs more than the right to see.
 * Undefined: what every role may see, which is no mail.
 */
export function witnessedAs({ method, right }: Pick<Route, "method" | "right">): "read" | "change" | undefined {
  if (method !== "GET") return "change";
  return right === "see" ? undefined : "read";
}

/**
 * Makes the call and writes who made it: before the content of a read leaves, before a change is made and after it.
 * @throws unavailable (AUDIT_UNAVAILABLE) when it cannot be written; then nothing was given out or changed
 */
export async function witness(
  visit: Visit,
  input: Input,
  { call, audit, current }: { call: () => Promise<Reply>; audit: AuditTrail; current?: () => Promise<Reply> },
): Promise<Reply> {
  const { route, ...named } = visit;
  const kind = route && witnessedAs(route);
  if (route === undefined || kind === undefined) return call();
  const fields = fieldsOf(route, input);
  const event = { ...named, object: objectOf(route, input.params), ...(fields !== "" && { fields }) };
  if (kind === "change") {
    const before = current && (await stateBefore(input, { current, audit }));
    return audit.change({ ...event, ...(before !== undefined && { before }) }, call, (reply) => madeBy(route, reply));
  }
  const reply = await call();
  try {
    await audit.record({ ...event, kind, outcome: "done" });
  } catch (error) {
    await drop(reply);
    throw error;
  }
  return reply;
}

/** What the caller has read and changes now: no other version can be the one that is replaced. */
async function stateBefore(
  { ifMatch }: Input,
  { current, audit }: { current: () => Promise<Reply>; audit: AuditTrail },
): Promise<string | undefined> {
  if (ifMatch === "") return undefined;
  try {
    const reply = await current();
    return "json" in reply && reply.etag === ifMatch ? await audit.keep(reply.json) : undefined;
  } catch (error) {
    // The change itself says so.
    if (isMailkeepError(error, "not-found")) return undefined;
    throw error;
  }
}

/** Whatever has versions is kept as it is after the change. */
function madeBy({ answer }: Route, reply: Reply): AuditMade {
  const result = locationOf(reply);
  const after = "json" in reply && "etag" in answer ? reply.json : undefined;
  return { ...(result !== undefined && { result }), ...(after !== undefined && { after }) };
}

/** Refusals of this door: no good token, no role, not this machine. Bounded, and never in the way of the answer. */
export async function witnessRefusal(
  { route, ...named }: Visit,
  request: HttpRequest,
  { error, audit }: { error: unknown; audit: AuditTrail },
): Promise<void> {
  const problem = problemOf(error, "")?.problem;
  if (problem === undefined || (problem.status !== 401 && problem.status !== 403)) return;
  const object = route === undefined ? "" : objectOf(route, idsAsked(route, request));
  await audit.refused({ ...named, object, kind: "refused", outcome: "refused", code: problem.code });
}

/** The ids of the path where they are ids; nothing else that a stranger wrote. */
function idsAsked(route: Route, request: HttpRequest): Record<string, unknown> {
  const parsed = route.params.safeParse(pathParams(request, route));
  return parsed.success ? parsed.data : {};
}

/** `mailboxes/{id}/eml` with its ids; anything that is no plain id stands as its hash. */
function objectOf({ path }: Route, params: Record<string, unknown>): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    if (params[name] === undefined) return whole;
    const id = String(params[name]);
    return /^[\w.-]{1,128}$/.test(id) ? id : `~${shortHash(id)}`;
  });
  return filled.slice(1);
}

/** By what a caller chose, without what was chosen: words and folders are content. */
function fieldsOf({ right }: Route, { query, body }: Input): string {
  const given = (value: unknown) =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [name]))
      : [];
  const paging = new Set(["limit", "cursor"]);
  return [...given(query), ...(right === "read" ? given(body) : [])]
    .filter((name) => !paging.has(name))
    .join(",")
    .slice(0, 500);
}

const locationOf = (reply: Reply): string | undefined =>
  "location" in reply && typeof reply.location === "string" ? reply.location.replace(`${apiRoot}/`, "") : undefined;

/** An answer that is not given lets go of what it holds open. */
async function drop(reply: Reply): Promise<void> {
  if ("bytes" in reply) await reply.bytes?.[Symbol.asyncIterator]().return?.();
}
