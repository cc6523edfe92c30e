// The two conditions of one mailbox: a profile chooses it, and the app may read it. Says which of them is missing.
import type { MailboxId } from "../core/ids.js";
import { explain } from "../faults/explain.js";
import { findAccess } from "../mailboxes/access.js";
import { exclusionText } from "../mailboxes/classify.js";
import { getMailbox } from "../mailboxes/mailbox.js";
import { type AccessView, viewAccess } from "../mailboxes/show-mailboxes.js";
import type { RowStore } from "../ports/row-store.js";
import { choices, type ReadProfile } from "./choices.js";

export interface MailboxAccess {
  id: string;
  address: string;
  displayName: string;
  inProfile: { holds: boolean; profiles: { id: string; name: string; enabled: boolean }[] };
  inScope: { holds: boolean | null; detail: string };
  missing: ("profile" | "scope")[];
  access: AccessView | null;
  /** What mends it, when it is refused. */
  fix: string | null;
  command: string | null;
  link: string | null;
}

export async function mailboxAccess(
  id: MailboxId,
  { rows, read }: { rows: RowStore; read: ReadProfile },
): Promise<MailboxAccess> {
  const { address, displayName, connection, excluded } = await getMailbox(rows, id);
  const access = await findAccess(rows, id);
  const chosenBy = (await choices(connection, { rows, read })).filter(({ chosen }) => chosen.has(id));
  const profiles = chosenBy.map(({ profile }) => ({ id: profile.id, name: profile.name, enabled: profile.enabled }));
  const known = access?.reason === undefined ? undefined : explain(access.reason, { mailbox: address });
  const scope = access === undefined ? null : access.readable;
  const holds = profiles.some(({ enabled }) => enabled);
  return {
    id,
    address,
    displayName,
    inProfile: { holds, profiles },
    inScope: { holds: scope, detail: scopeText(access?.mode, excluded) },
    missing: [...(holds ? [] : ["profile" as const]), ...(scope === false ? ["scope" as const] : [])],
    access: access ? viewAccess(access) : null,
    fix: known?.fix ?? null,
    command: known?.command ?? null,
    link: known?.link ?? null,
  };
}

function scopeText(mode: string | undefined, excluded: string | undefined): string {
  if (excluded !== undefined) return exclusionText[excluded] ?? excluded;
  switch (mode) {
    case "tenantApp":
      return "the app reads it by a permission of the whole tenant";
    case "scopedApp":
      return "the app reads it by a scope of RBAC for Applications";
    case "none":
      return "the app is refused: neither a scope nor a permission of the tenant lets it in";
    case "unknown":
      return "the app reads it; its token does not say by which right";
    default:
      return "it was never asked; POST /profiles/{id}/test with its address asks it";
  }
}
