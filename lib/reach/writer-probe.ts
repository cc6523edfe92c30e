// The second identity, for a profile that deletes: whether there is one, whether it gets a token, and whether it may write.
// Nothing is written to try it.
import { isMailkeepError } from "../core/errors.js";
import { second } from "../core/time.js";
import type { TenantEdge, TokenFacts } from "../ports/tenants.js";
import type { DeletionRule } from "../profiles/deletion.js";
import { failed, ok, type Probe, timed } from "./probe.js";
import { failureOf, placesOf, type Timing } from "./tenant-probes.js";
import { within } from "./within.js";

const longestMs = 25 * second;
const writes = /^(Mail\.ReadWrite|full_access_as_app|(Mail|Exchange) Full Access)$/i;

/** Nothing for a profile that deletes nothing. */
export async function probeWriter(
  rule: DeletionRule | undefined,
  tenant: TenantEdge,
  timing: Timing,
): Promise<Probe[]> {
  if (rule === undefined) return [];
  return [await timed(timing.clock, () => asked(tenant, timing))];
}

async function asked(tenant: TenantEdge, timing: Timing): Promise<Probe> {
  const { clock } = timing;
  if (tenant.writerFacts === undefined) {
    const detail = "the profile deletes, and the connection has no identity that may";
    return failed("writer", { code: "WRITER_IDENTITY_REQUIRED", detail }, clock);
  }
  try {
    const facts = await within(longestMs, tenant.writerFacts({ fresh: true }), timing);
    return await judged(facts, tenant, timing);
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return failed("writer", failureOf(error, "POST /oauth2/v2.0/token"), clock);
  }
}

async function judged(facts: TokenFacts, tenant: TenantEdge, timing: Timing): Promise<Probe> {
  const { roles, appId } = facts;
  if (roles === undefined) return ok("writer", "it gets a token; it is opaque and does not say what it may do");
  if (roles.some((role) => writes.test(role))) return ok("writer", "its token carries a right to write mail");
  if ((await grantsInExchange(appId, tenant, timing)) !== false)
    return ok("writer", "it may delete only where RBAC for Applications allows it, which no token shows");
  const detail = "its token carries no right to write mail, and Exchange knows no scope that would give it";
  return failed("writer", { code: "WRITER_RIGHT_MISSING", detail, places: placesOf(facts) }, timing.clock);
}

/** Undefined when Exchange may not or cannot be asked. */
async function grantsInExchange(appId: string | undefined, { exchange }: TenantEdge, timing: Timing) {
  if (appId === undefined) return undefined;
  try {
    const rights = await within(longestMs, exchange.applicationRights(appId), timing);
    return rights.some(({ permission }) => writes.test(permission));
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return undefined;
  }
}
