// GET /users and what hangs on a user beside mail (facts/graph.md B.1, B.2).
import { json, refuse } from "./answer.js";
import type { Call, MailboxCall, Route } from "./call.js";
import type { Person } from "./people.js";
import { type Comparison, compares, comparisons, type Literal, linkQuery, selected, wholeNumber } from "./query.js";

const exchangePlanId = "efb87545-963c-4e0d-99df-69c6916d9eb0";

const properties: Record<string, (person: Person) => unknown> = {
  businessPhones: () => [],
  displayName: (p) => p.displayName,
  givenName: (p) => p.givenName || null,
  jobTitle: (p) => p.jobTitle || null,
  mail: (p) => p.mail,
  mobilePhone: () => null,
  officeLocation: () => null,
  preferredLanguage: (p) => p.language,
  surname: (p) => p.surname || null,
  userPrincipalName: (p) => p.userPrincipalName,
  id: (p) => p.id,
  accountEnabled: (p) => p.accountEnabled,
  assignedLicenses: (p) =>
    p.exchangePlan ? [{ disabledPlans: [], skuId: "05e9a617-0261-4cee-bb44-138d3ef5d965" }] : [],
  assignedPlans: (p) => (p.exchangePlan ? plans(p.exchangePlan) : []),
  createdDateTime: (p) => p.createdDateTime,
  deletedDateTime: () => null,
  department: (p) => p.department || null,
  externalUserState: (p) => p.externalUserState,
  mailNickname: (p) => p.userPrincipalName.split("@")[0],
  onPremisesDistinguishedName: (p) => p.onPremisesDistinguishedName ?? null,
  onPremisesSyncEnabled: (p) => p.onPremisesSyncEnabled,
  proxyAddresses: (p) => p.proxyAddresses,
  // Unreliable in the real directory as well: often null (B.1).
  showInAddressList: () => null,
  usageLocation: () => "DE",
  userType: (p) => p.userType,
};
export const userProperties: ReadonlySet<string> = new Set(Object.keys(properties));
const usual = Object.keys(properties).slice(0, 11);

function plans(capabilityStatus: "Enabled" | "Suspended") {
  const assignedDateTime = "2024-01-10T08:00:00Z";
  return [
    { assignedDateTime, capabilityStatus, service: "exchange", servicePlanId: exchangePlanId },
    {
      assignedDateTime,
      capabilityStatus,
      service: "SharePoint",
      servicePlanId: "5dbe027f-2339-4123-9542-606e4d348a72",
    },
  ];
}

export function userJson(person: Person, select: string[] | undefined): Record<string, unknown> {
  return Object.fromEntries((select ?? usual).map((name) => [name, properties[name]?.(person)]));
}

function listUsers({ state, query, eventual }: Call) {
  const top = wholeNumber(query, "$top") ?? 100;
  if (top < 1 || top > 999)
    refuse(
      400,
      "Request_UnsupportedQuery",
      `Invalid page size specified: '${top}'. Must be between 1 and 999 inclusive.`,
    );
  const select = selected(query, userProperties, "microsoft.graph.user");
  const filter = query.get("$filter");
  const advanced = eventual && query.get("$count") === "true";
  if (filter?.startsWith("onPremisesDistinguishedName") && !advanced)
    refuse(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for a property.");
  const all = state.directory.all().filter(({ missingIn }) => filter !== null || missingIn !== "lists");
  const people = filtered(all, filter);
  const skip = skipped(query.get("$skiptoken"));
  const page = people.slice(skip, skip + top);
  const next = linkQuery(query, "$skiptoken", Buffer.from(`users ${skip + top}`).toString("base64url"));
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#users`,
    ...(advanced && skip === 0 ? { "@odata.count": people.length } : {}),
    ...(skip + top < people.length ? { "@odata.nextLink": `${state.origin}/v1.0/users?${next}` } : {}),
    value: page.map((person) => userJson(person, select)),
  });
}

function skipped(token: string | null): number {
  if (token === null) return 0;
  const found = /^users (\d+)$/.exec(Buffer.from(token, "base64url").toString());
  return found
    ? Number(found[1])
    : refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.");
}

function filtered(people: Person[], filter: string | null): Person[] {
  if (filter === null) return people;
  const alternatives = filter.split(/\s+or\s+/).map((clause) => comparisons(clause));
  return people.filter((person) => alternatives.some((all) => all.every((one) => matches(person, one))));
}

function matches(person: Person, one: Comparison): boolean {
  if (!userProperties.has(one.property))
    refuse(400, "Request_BadRequest", `Unsupported property '${one.property}' in the filter clause.`);
  const value = properties[one.property]?.(person);
  if (Array.isArray(value)) return value.some((item) => typeof item === "string" && compares(item, one));
  return compares(value === null ? undefined : (value as Literal), one);
}

function getUser({ state, places, query }: Call) {
  const person = state.directory.user(places.user ?? "");
  if (!person)
    return refuse(
      404,
      "Request_ResourceNotFound",
      `Resource '${places.user}' does not exist or one of its queried reference-property objects are not present.`,
    );
  const select = selected(query, userProperties, "microsoft.graph.user");
  return json({ "@odata.context": `${state.origin}/v1.0/$metadata#users/$entity`, ...userJson(person, select) });
}

function listDeleted({ state, query }: Call) {
  const select = selected(query, userProperties, "microsoft.graph.user");
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#directoryObjects/microsoft.graph.user`,
    value: state.directory.deleted.map(({ person, deletedDateTime }) => {
      const shown = userJson(person, select);
      // A deleted user's principal name carries the object id in front.
      if ("userPrincipalName" in shown) {
        shown.userPrincipalName = person.id.replaceAll("-", "") + person.userPrincipalName;
      }
      return { ...shown, deletedDateTime };
    }),
  });
}

function userPurpose({ state, mailbox }: MailboxCall): string {
  const person = state.directory.user(mailbox.userId);
  return person && "kind" in person.mailbox ? person.mailbox.kind : "user";
}

export const userRoutes: Route[] = [
  { method: "GET", template: "/users", scope: "directory", answer: listUsers },
  { method: "GET", template: "/users/{user}", scope: "directory", answer: getUser },
  { method: "GET", template: "/directory/deletedItems/microsoft.graph.user", scope: "directory", answer: listDeleted },
  {
    method: "GET",
    template: "/users/{user}/settings/exchange",
    scope: "mailbox",
    answer: ({ state, mailbox }) => {
      const person = state.directory.user(mailbox.userId);
      return json({ primaryMailboxId: person && state.directory.mailboxId(person) });
    },
  },
  {
    method: "GET",
    template: "/users/{user}/mailboxSettings",
    scope: "mailbox",
    answer: (call) =>
      call.query.get("$select") === "userPurpose"
        ? json({ userPurpose: userPurpose(call) })
        : json({ userPurpose: userPurpose(call), timeZone: "W. Europe Standard Time", language: { locale: "de-DE" } }),
  },
  {
    method: "GET",
    template: "/users/{user}/mailboxSettings/userPurpose",
    scope: "mailbox",
    answer: (call) => json({ "@odata.context": `${call.state.origin}/v1.0/$metadata`, value: userPurpose(call) }),
  },
];
