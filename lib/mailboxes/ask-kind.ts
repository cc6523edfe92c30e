// Asks a mailbox for its kind, as a directory sync does, and keeps in mind whether it let us.
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import type { MailboxProbe } from "../ports/directory.js";
import type { TenantEdge } from "../ports/tenants.js";
import { afterRead, afterRefusal, findAccess, isBarred, noteAccess } from "./access.js";
import type { ClaimDeps } from "./claim.js";
import { withMailbox } from "./with-mailbox.js";

/** Undefined when another worker holds it, or when it was refused not long ago: then it is left alone. */
export async function askKind(
  id: MailboxId,
  deps: ClaimDeps & { tenant: TenantEdge },
): Promise<MailboxProbe | undefined> {
  const { rows, clock, tenant } = deps;
  if (isBarred(await findAccess(rows, id), clock.now())) return undefined;
  try {
    const answer = await withMailbox(id, { ...deps, mail: tenant.mail }, (reader) => reader.probe());
    // A kind comes from the mailbox's settings, which are a right of their own; without it the inbox was opened.
    if (answer?.kind !== "unknown") return answer;
    const { roles } = await tenant.tokenFacts();
    await noteAccess(id, (before) => afterRead(before, id, { roles, now: clock.now() }), deps);
    return answer;
  } catch (error) {
    if (isMailkeepError(error, "forbidden") && error.edge === "graph")
      await noteAccess(id, (before) => afterRefusal(before, id, { fault: error, now: clock.now() }), deps);
    throw error;
  }
}
