// What RBAC for Applications lets an application do, and whether one mailbox is in the scope.
import type { MailboxId } from "../../core/ids.js";
import type { ApplicationRight } from "../../ports/exchange-admin.js";
import type { ExchangeRow } from "./answer.js";
import type { ExchangeCaller } from "./caller.js";
import { flagOf, textOf, textsOf } from "./fields.js";

const name = "Test-ServicePrincipalAuthorization";

export async function applicationRights(
  appId: string,
  mailbox: MailboxId | undefined,
  caller: ExchangeCaller,
): Promise<ApplicationRight[]> {
  if (mailbox !== undefined) {
    const rows = await caller.rows({ name, parameters: { Identity: appId, Resource: mailbox } });
    if (rows !== undefined) return rows.flatMap(rightsIn);
    // Either Exchange knows no such application or no such mailbox; the second question tells.
  }
  const rows = await caller.rows({ name, parameters: { Identity: appId } });
  return (rows ?? []).flatMap(rightsIn);
}

/** A role can grant several permissions, e.g. `Application Exchange Full Access`. */
function rightsIn(row: ExchangeRow): ApplicationRight[] {
  const granted = textsOf(row, "GrantedPermissions") ?? [];
  const role = textOf(row, "RoleName")?.replace(/^Application /i, "");
  const permissions = granted.length > 0 ? granted : role === undefined ? [] : [role];
  const scope = textOf(row, "AllowedResourceScope");
  const everywhere = scope === undefined || /^(organization|none|not applicable)$/i.test(scope);
  return permissions.map((permission) => ({
    permission,
    scope: everywhere ? undefined : scope,
    inScope: flagOf(row, "InScope"),
  }));
}
