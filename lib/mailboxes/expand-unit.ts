// Who is in an administrative unit: its own users. A group in a unit is administered there and does not bring its members
// into it (https://learn.microsoft.com/entra/identity/role-based-access-control/administrative-units#groups).
import { isMailkeepError } from "../core/errors.js";
import { MailboxId } from "../core/ids.js";
import { readName } from "../profiles/directory-name.js";
import type { ExpandDeps } from "./expand.js";
import type { Expansion } from "./expansion.js";

/** Whether the name means an administrative unit; what keeps us from telling, or from reading it, when something does. */
export type UnitAnswer = "none" | "expanded" | Expansion["problems"][number];

/** @throws MailkeepError `unauthenticated`; `unavailable`, `throttled` when patient */
export async function expandUnit(expansion: Expansion, deps: ExpandDeps): Promise<UnitAnswer> {
  const { name } = expansion;
  const { directory, patient, isUser } = deps;
  const read = readName(name);
  if (!("kind" in read) || read.kind !== "objectId") return "none";
  try {
    const unit = await directory.unit(name.trim());
    if (unit === undefined) return "none";
    expansion.kind = "administrativeUnit";
    expansion.displayName = unit.displayName;
    for await (const page of directory.unitMembers(unit.id))
      for (const { id, kind, name: shown, type } of page) {
        const isPerson =
          kind === "user" || (kind === "unknown" && (isUser(id) || (await directory.find(id)) !== undefined));
        if (isPerson) expansion.people.push({ id: MailboxId.parse(id), path: [name] });
        else expansion.ignored.push({ id, name: shown, reason: ignoredBecause(kind, type) });
      }
    return "expanded";
  } catch (error) {
    const passing = patient ? [] : (["unavailable", "throttled"] as const);
    if (!isMailkeepError(error, "forbidden", "invalid", "not-found", ...passing)) throw error;
    const why = `${error.reason ?? error.code}${error.status === undefined ? "" : `, HTTP ${error.status}`}`;
    const isKnown = expansion.kind === "administrativeUnit";
    const what = isKnown
      ? `the members of the administrative unit ${name} cannot be read`
      : `no group has the object id ${name}, and whether an administrative unit has it cannot be read`;
    const remedy =
      error.code === "forbidden" ? "; that needs the Graph application permission AdministrativeUnit.Read.All" : "";
    return { code: "UNIT_UNREADABLE", message: `${what} (${why})${remedy}` };
  }
}

const ignoredBecause = (kind: string, type: string): string =>
  kind === "group"
    ? "a group in an administrative unit does not bring its members into it; name the group as well if they are meant"
    : `a member of type ${type || "unknown"} has no mailbox`;
