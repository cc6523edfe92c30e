// The cmdlets that the sample tenant's Exchange knows, and the rows they give (facts/graph.md G.2, A.4).
import type { TenantState } from "./call.js";
import { dice, guid } from "./dice.js";
import type { DynamicGroup } from "./groups.js";
import type { Person } from "./people.js";

export type Row = Record<string, unknown>;

/** `wrong`: the exception's class. */
export type Outcome = { rows: Row[] } | { missing: string } | { wrong: string };

type Parameters = Record<string, unknown>;

export const cmdlets: Record<string, (parameters: Parameters, state: TenantState) => Outcome> = {
  "Get-Mailbox": getMailbox,
  "Get-OrganizationConfig": getOrganizationConfig,
  "Get-DynamicDistributionGroup": getDynamicGroup,
  "Get-DynamicDistributionGroupMember": getDynamicGroupMember,
  "Test-ServicePrincipalAuthorization": testAuthorization,
};

/** Undefined also for an identity that is null: Exchange then forgets to look for one. */
const identityOf = ({ Identity }: Parameters): string | undefined =>
  typeof Identity === "string" && Identity !== "" ? Identity : undefined;

/** By object id, any address or Exchange's own id; without an identity, everybody, a thousand at most. */
function getMailbox(parameters: Parameters, { directory }: TenantState): Outcome {
  const all = directory.withMailboxes().map(({ person }) => person);
  const identity = identityOf(parameters);
  if (identity === undefined) return { rows: all.slice(0, resultSize(parameters)).map(mailboxRow) };
  const person = directory.mailboxOwner(identity) ?? all.find((one) => exchangeGuid(one) === identity.toLowerCase());
  return person && "kind" in person.mailbox ? { rows: [mailboxRow(person)] } : { missing: identity };
}

const resultSize = ({ ResultSize }: Parameters): number =>
  typeof ResultSize === "string" && ResultSize.toLowerCase() === "unlimited"
    ? Number.POSITIVE_INFINITY
    : Number(ResultSize ?? 1_000);

const exchangeGuid = ({ id }: Person): string => guid(dice("exchange guid", id));

function mailboxRow(person: Person): Row {
  const kind = "kind" in person.mailbox ? person.mailbox.kind : "user";
  const { holds } = person;
  return {
    UserPrincipalName: person.userPrincipalName,
    DisplayName: person.displayName,
    PrimarySmtpAddress: person.mail ?? "",
    Identity: person.id,
    ExternalDirectoryObjectId: person.id,
    RecipientType: "UserMailbox",
    RecipientTypeDetails: `${kind[0]?.toUpperCase()}${kind.slice(1)}Mailbox`,
    ExchangeGuid: exchangeGuid(person),
    ArchiveGuid: "00000000-0000-0000-0000-000000000000",
    IsInactiveMailbox: false,
    EmailAddresses: person.proxyAddresses,
    LitigationHoldEnabled: holds?.litigationHold ?? false,
    LitigationHoldDuration: "Unlimited",
    InPlaceHolds: holds?.inPlaceHolds ?? [],
    ComplianceTagHoldApplied: holds?.complianceTagHold ?? false,
    DelayHoldApplied: holds?.delayHold ?? false,
    DelayReleaseHoldApplied: false,
    RetentionHoldEnabled: false,
    SingleItemRecoveryEnabled: true,
    RetainDeletedItemsFor: "14.00:00:00",
  };
}

/** Takes no identity; policies for everybody stand here and not at the mailboxes. */
function getOrganizationConfig(parameters: Parameters, { directory }: TenantState): Outcome {
  if (Object.keys(parameters).length > 0) return { wrong: "ParameterBindingException" };
  const row = {
    Name: "contoso.onmicrosoft.com",
    DisplayName: "Contoso",
    Identity: "contoso.onmicrosoft.com",
    IsDehydrated: false,
    InPlaceHolds: directory.organizationHolds,
  };
  return { rows: [row] };
}

function dynamicGroup(identity: string | undefined, { directory }: TenantState): DynamicGroup | undefined {
  const wanted = identity?.toLowerCase();
  return directory.dynamicGroups.find((group) => [group.guid, group.address].includes(wanted ?? ""));
}

function getDynamicGroup(parameters: Parameters, state: TenantState): Outcome {
  const identity = identityOf(parameters);
  const groups = identity === undefined ? state.directory.dynamicGroups : [dynamicGroup(identity, state)];
  const rows = groups.flatMap((group) => (group === undefined ? [] : [dynamicGroupRow(group)]));
  return rows.length === 0 && identity !== undefined ? { missing: identity } : { rows };
}

const dynamicGroupRow = (group: DynamicGroup): Row => ({
  Identity: group.displayName,
  Name: group.displayName,
  DisplayName: group.displayName,
  PrimarySmtpAddress: group.address,
  EmailAddresses: [`SMTP:${group.address}`],
  Guid: group.guid,
  ExternalDirectoryObjectId: "",
  RecipientTypeDetails: "DynamicDistributionGroup",
});

function getDynamicGroupMember(parameters: Parameters, state: TenantState): Outcome {
  const identity = identityOf(parameters);
  if (identity === undefined) return { wrong: "ParameterBindingException" };
  const group = dynamicGroup(identity, state);
  if (group === undefined) return { missing: identity };
  const rows = group.members.flatMap((id) => {
    const person = state.directory.user(id);
    if (person !== undefined) return [memberRow(person.id, person.mail ?? "", person.displayName)];
    const nested = state.directory.groups.get(id);
    if (nested !== undefined) return [memberRow(nested.id, nested.mail ?? "", nested.displayName)];
    const contact = state.directory.contacts.find((one) => one.id === id);
    return contact ? [memberRow("", contact.mail, contact.displayName)] : [];
  });
  return { rows: rows.slice(0, resultSize(parameters)) };
}

const memberRow = (id: string, address: string, displayName: string): Row => ({
  Identity: id === "" ? displayName : id,
  Name: displayName,
  DisplayName: displayName,
  PrimarySmtpAddress: address,
  ExternalDirectoryObjectId: id,
  RecipientType: id === "" ? "MailContact" : "UserMailbox",
});

/** Ignores what Entra consents to; rows come in no stated order, `Not Run` without a resource. */
function testAuthorization(parameters: Parameters, { directory }: TenantState): Outcome {
  const identity = identityOf(parameters);
  if (identity === undefined) return { wrong: "ParameterBindingException" };
  const rights = directory.applicationRights.filter(({ appId }) => appId.toLowerCase() === identity.toLowerCase());
  if (rights.length === 0) return { missing: identity };
  const resource = typeof parameters.Resource === "string" ? parameters.Resource : undefined;
  const person = resource === undefined ? undefined : directory.mailboxOwner(resource);
  if (resource !== undefined && person === undefined) return { missing: resource };
  return {
    rows: rights.map(({ role, scope, members }) => ({
      RoleName: `Application ${role}`,
      GrantedPermissions: role,
      AllowedResourceScope: scope ?? "Organization",
      ScopeType: scope === undefined ? "OrganizationConfig" : "CustomRecipientScope",
      InScope:
        person === undefined
          ? "Not Run"
          : scope === undefined || (members ?? []).includes(person.id)
            ? "True"
            : "False",
    })),
  };
}
