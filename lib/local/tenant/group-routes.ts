// GET /groups and the members of a group (facts/graph.md B.5).
import { type Answer, json, refuse } from "./answer.js";
import type { Call, Route } from "./call.js";
import type { AdministrativeUnit, Group } from "./groups.js";
import { type Comparison, compares, comparisons, type Literal, linkQuery, selected, wholeNumber } from "./query.js";
import { userJson, userProperties } from "./user-routes.js";

const properties: Record<string, (group: Group) => unknown> = {
  id: (g) => g.id,
  displayName: (g) => g.displayName,
  description: () => null,
  mail: (g) => g.mail,
  mailNickname: (g) => g.mail?.split("@")[0] ?? g.displayName.replaceAll(" ", ""),
  mailEnabled: (g) => g.kind !== "security",
  securityEnabled: (g) => g.kind === "security" || g.kind === "mailEnabledSecurity",
  groupTypes: (g) => (g.kind === "microsoft365" ? ["Unified"] : []),
  proxyAddresses: (g) => g.proxyAddresses,
  onPremisesSyncEnabled: (g) => g.onPremisesSyncEnabled,
  visibility: () => null,
};
const known = new Set(Object.keys(properties));
const memberProperties = new Set([...userProperties, ...known]);

const unitProperties = new Set(["id", "displayName", "description", "visibility"]);
const direct = (call: Call): Member[] => membersOf(groupOf(call), call);

const groupJson = (group: Group, select: string[] | undefined): Record<string, unknown> =>
  Object.fromEntries((select ?? [...known]).map((name) => [name, properties[name]?.(group)]));

const notThere = (id: string | undefined): never =>
  refuse(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

function groupOf({ state, places }: Call): Group {
  return state.directory.groups.get((places.group ?? "").toLowerCase()) ?? notThere(places.group);
}

function listGroups(call: Call): Answer {
  const select = selected(call.query, known, "microsoft.graph.group");
  const filter = call.query.get("$filter");
  const alternatives = filter?.split(/\s+or\s+/).map((clause) => comparisons(clause));
  const groups = [...call.state.directory.groups.values()].filter(
    (group) => alternatives?.some((all) => all.every((one) => matches(group, one))) ?? true,
  );
  return listPage(
    call,
    "groups",
    groups.map((group) => groupJson(group, select)),
  );
}

function matches(group: Group, one: Comparison): boolean {
  if (!known.has(one.property))
    refuse(400, "Request_BadRequest", `Unsupported property '${one.property}' in the filter clause.`);
  const value = properties[one.property]?.(group);
  if (Array.isArray(value)) return value.some((item) => typeof item === "string" && compares(item, one));
  return compares(value === null ? undefined : (value as Literal), one);
}

/** Default 100, at most 999. */
function listPage({ state, query, path }: Call, what: string, items: Record<string, unknown>[]): Answer {
  const top = wholeNumber(query, "$top") ?? 100;
  if (top < 1 || top > 999)
    refuse(
      400,
      "Request_UnsupportedQuery",
      `Invalid page size specified: '${top}'. Must be between 1 and 999 inclusive.`,
    );
  const token = query.get("$skiptoken");
  const skip = token === null ? 0 : Number(Buffer.from(token, "base64url").toString().split(" ")[1]);
  if (!Number.isInteger(skip)) refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.");
  const next = linkQuery(query, "$skiptoken", Buffer.from(`members ${skip + top}`).toString("base64url"));
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#${what}`,
    ...(skip + top < items.length ? { "@odata.nextLink": `${state.origin}${path}?${next}` } : {}),
    value: items.slice(skip, skip + top),
  });
}

interface Member {
  id: string;
  type: "user" | "group" | "orgContact";
  json: (select: string[] | undefined) => Record<string, unknown>;
  hidden: boolean;
}

function unitOf({ state, places }: Call): AdministrativeUnit {
  const wanted = (places.unit ?? "").toLowerCase();
  return state.directory.units.find(({ id }) => id === wanted) ?? notThere(places.unit);
}

function membersOf(group: Pick<Group, "members" | "hidden">, { state: { directory } }: Call): Member[] {
  return group.members.flatMap((id): Member[] => {
    const hidden = group.hidden?.includes(id) ?? false;
    const person = directory.user(id);
    if (person) {
      const names = (select?: string[]) => select?.filter((name) => userProperties.has(name));
      return [{ id, type: "user", hidden, json: (select) => userJson(person, names(select)) }];
    }
    const nested = directory.groups.get(id);
    if (nested) {
      const names = (select?: string[]) => select?.filter((name) => known.has(name));
      return [{ id, type: "group", hidden, json: (select) => groupJson(nested, names(select)) }];
    }
    const contact = directory.contacts.find((one) => one.id === id);
    const contactJson = { id, displayName: contact?.displayName, mail: contact?.mail };
    return contact ? [{ id, type: "orgContact", hidden, json: () => contactJson }] : [];
  });
}

/** Each object once, however many ways lead to it; the groups themselves are members as well. */
function transitive(group: Group, call: Call): Member[] {
  const found = new Map<string, Member>();
  const open = [group];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const member of membersOf(next, call)) {
      if (found.has(member.id) || member.id === group.id) continue;
      found.set(member.id, member);
      const nested = call.state.directory.groups.get(member.id);
      if (nested) open.push(nested);
    }
  }
  return [...found.values()];
}

/** Members that the application may not read come with their type and id alone. */
function listMembers(membersFor: (call: Call) => Member[]) {
  return (call: Call): Answer => {
    const select = selected(call.query, memberProperties, "microsoft.graph.directoryObject");
    const cast = call.places.cast?.toLowerCase();
    const all = membersFor(call).filter(
      ({ type }) => cast === undefined || cast === `microsoft.graph.${type}`.toLowerCase(),
    );
    const items = all.map(({ id, type, json, hidden }) => {
      const shown = hidden ? { id } : json(select);
      return cast === undefined ? { "@odata.type": `#microsoft.graph.${type}`, ...shown } : shown;
    });
    return listPage(call, "directoryObjects", items);
  };
}

const get = (template: string, answer: (call: Call) => Answer): Route => ({
  method: "GET",
  template,
  scope: "directory",
  answer,
});

export const groupRoutes: Route[] = [
  get("/groups", listGroups),
  get("/groups/{group}", (call) => {
    const select = selected(call.query, known, "microsoft.graph.group");
    const context = `${call.state.origin}/v1.0/$metadata#groups/$entity`;
    return json({ "@odata.context": context, ...groupJson(groupOf(call), select) });
  }),
  get("/groups/{group}/members", listMembers(direct)),
  get("/groups/{group}/members/{cast}", listMembers(direct)),
  get(
    "/groups/{group}/transitiveMembers",
    listMembers((call) => transitive(groupOf(call), call)),
  ),
  get(
    "/groups/{group}/transitiveMembers/{cast}",
    listMembers((call) => transitive(groupOf(call), call)),
  ),
  get("/directory/administrativeUnits/{unit}", (call) => {
    const select = selected(call.query, unitProperties, "microsoft.graph.administrativeUnit") ?? ["id", "displayName"];
    const { id, displayName } = unitOf(call);
    const all: Record<string, unknown> = { id, displayName, description: null, visibility: null };
    const shown = Object.fromEntries(select.map((name) => [name, all[name]]));
    return json({
      "@odata.context": `${call.state.origin}/v1.0/$metadata#directory/administrativeUnits/$entity`,
      ...shown,
    });
  }),
  get(
    "/directory/administrativeUnits/{unit}/members",
    listMembers((call) => membersOf(unitOf(call), call)),
  ),
];
