// The members of a dynamic distribution group: Exchange computes them; Graph does not know the group.
import { isMailkeepError } from "../../core/errors.js";
import { MailboxId } from "../../core/ids.js";
import type { ExchangeAdmin, Recipient } from "../../ports/exchange-admin.js";
import type { ExchangeRow } from "./answer.js";
import type { ExchangeCaller } from "./caller.js";
import { textOf, theOneAskedFor } from "./fields.js";

/** Identities are never empty: a cmdlet without one names every object. */
const possible = /^[^\s\\'"*?\p{Cc}]{1,320}$/u;

export async function dynamicGroupMembers(
  idOrAddress: string,
  caller: ExchangeCaller,
): ReturnType<ExchangeAdmin["dynamicGroupMembers"]> {
  if (!possible.test(idOrAddress)) return undefined;
  const group = await groupItself(idOrAddress, caller);
  if (group === "absent") return undefined;
  const rows = await caller.rows({
    name: "Get-DynamicDistributionGroupMember",
    parameters: { Identity: idOrAddress, ResultSize: "Unlimited" },
    endpoint: "DynamicDistributionGroupMember",
  });
  // Neither the group nor a member was shown: a group that is not there can look like that.
  if (rows === undefined || (rows.length === 0 && group === "not-shown")) return undefined;
  const displayName = typeof group === "string" ? idOrAddress : (textOf(group, "DisplayName") ?? idOrAddress);
  return { displayName, members: rows.map(recipient) };
}

/**
 * Makes sure that the name means one dynamic group, and that one. The role may not allow the cmdlet, or the tenant not have
 * it: the members are asked for all the same, since their own cmdlet refuses a name it does not know.
 */
async function groupItself(identity: string, caller: ExchangeCaller) {
  const name = "Get-DynamicDistributionGroup";
  try {
    const rows = await caller.rows({ name, parameters: { Identity: identity } });
    if (rows === undefined) return "absent" as const;
    return theOneAskedFor(rows, identity, name) ?? ("not-shown" as const);
  } catch (error) {
    if (isMailkeepError(error, "forbidden", "invalid", "unauthenticated")) return "not-allowed" as const;
    throw error;
  }
}

function recipient(row: ExchangeRow): Recipient {
  const id = MailboxId.safeParse(textOf(row, "ExternalDirectoryObjectId"));
  const address =
    textOf(row, "PrimarySmtpAddress") ?? textOf(row, "WindowsLiveID") ?? textOf(row, "ExternalEmailAddress");
  return {
    ...(id.success && { id: id.data }),
    address: (address ?? "").replace(/^smtp:/i, "").toLowerCase(),
    displayName: textOf(row, "DisplayName") ?? textOf(row, "Name") ?? "",
  };
}
