// Who is in a dynamic distribution group. Graph does not know such groups, so only Exchange can say whether there is one.
import { isMailkeepError } from "../core/errors.js";
import type { ExchangeAdmin } from "../ports/exchange-admin.js";
import type { ExpandDeps } from "./expand.js";
import type { Expansion } from "./expansion.js";

type InExchange = NonNullable<Awaited<ReturnType<ExchangeAdmin["dynamicGroupMembers"]>>>;

export async function membersInExchange(
  name: string,
  { exchange, patient }: Pick<ExpandDeps, "exchange" | "patient">,
): Promise<InExchange | Expansion["problems"][number]> {
  try {
    const found = await exchange.dynamicGroupMembers(name);
    return found ?? { code: "GROUP_NOT_FOUND", message: `no group has the name ${name}; check the spelling` };
  } catch (error) {
    const passing = patient ? [] : (["unavailable", "throttled"] as const);
    if (!isMailkeepError(error, "forbidden", "unauthenticated", "invalid", ...passing)) throw error;
    const why = `${error.reason ?? error.code}${error.status === undefined ? "" : `, HTTP ${error.status}`}`;
    // Most tenants have no such groups, and many no way to Exchange: then there is nobody else to ask.
    const isThere = error.status !== 404 && error.reason !== "EXCHANGE_TENANT_UNKNOWN";
    return {
      code: isThere ? "GROUP_NOT_IN_GRAPH" : "GROUP_NOT_FOUND",
      message: `no group has the name ${name} in the directory; if it is a dynamic distribution group, only Exchange Online knows it, and that did not tell (${why}): ${error.message}`,
    };
  }
}
