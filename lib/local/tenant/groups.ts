// The groups of the sample tenant as Entra and Exchange keep them. All of them are invented.
import { dice, guid } from "./dice.js";
import { companyDomain, type Person } from "./people.js";

export type GroupKind = "security" | "mailEnabledSecurity" | "distribution" | "microsoft365";

export interface Group {
  id: string;
  displayName: string;
  kind: GroupKind;
  mail: string | null;
  proxyAddresses: string[];
  onPremisesSyncEnabled: boolean | null;
  /** Object ids of users, groups and contacts. */
  members: string[];
  /** Members that the application may not read: they come with their type and id only. */
  hidden?: string[];
}

/** Somebody outside with an entry in the address book. */
export interface Contact {
  id: string;
  displayName: string;
  mail: string;
}

/** Only Exchange knows these: Graph has no such object. */
export interface DynamicGroup {
  /** Exchange's own id. */
  guid: string;
  displayName: string;
  address: string;
  /** What Exchange computes from the recipient filter: object ids of people and contacts. */
  members: string[];
}

/** A part of the tenant with administrators of its own; members are users and groups. */
export interface AdministrativeUnit {
  id: string;
  displayName: string;
  members: string[];
}

export interface Grouping {
  units: AdministrativeUnit[];
  groups: Group[];
  contacts: Contact[];
  dynamicGroups: DynamicGroup[];
}

/**
 * Legal holds Paralegals, which holds Legal again; All Hands is a distribution list with a contact; Leadership is a
 * security group with no address; Nobody is empty; Everyone Berlin is dynamic;
 * Headquarters is an administrative unit that has the group Legal in it.
 */
export function usualGroups(seed: string, people: readonly Person[]): Grouping {
  const group = (alias: string, displayName: string, kind: GroupKind, members: string[]): Group => {
    const address = kind === "security" ? null : `${alias}@${companyDomain}`;
    return {
      id: guid(dice(seed, "group", alias)),
      displayName,
      kind,
      mail: address,
      proxyAddresses: address === null ? [] : [`SMTP:${address}`, `smtp:${alias}@mail.${companyDomain}`],
      onPremisesSyncEnabled: null,
      members,
    };
  };
  const ids = people.map(({ id }) => id);
  const contact = { id: guid(dice(seed, "contact")), displayName: "Print Shop", mail: "shop@printing.example" };
  const paralegals = group("paralegals", "Paralegals", "distribution", ids.slice(1, 2));
  const legal = group("legal", "Legal", "mailEnabledSecurity", [...ids.slice(0, 1), paralegals.id]);
  paralegals.members.push(legal.id);
  return {
    units: [
      {
        id: guid(dice(seed, "administrative unit")),
        displayName: "Headquarters",
        members: [...ids.slice(0, 1), ...ids.slice(2, 4), legal.id],
      },
    ],
    contacts: [contact],
    groups: [
      legal,
      paralegals,
      group("all.hands", "All Hands", "distribution", [...ids.slice(0, 100), contact.id]),
      group("leadership", "Leadership", "security", ids.slice(0, 1)),
      group("project.aurora", "Project Aurora", "microsoft365", ids.slice(0, 3)),
      group("nobody", "Nobody", "distribution", []),
    ],
    dynamicGroups: [
      {
        guid: guid(dice(seed, "dynamic group")),
        displayName: "Everyone Berlin",
        address: `everyone.berlin@${companyDomain}`,
        members: [...ids.filter((_, index) => index % 2 === 0).slice(0, 50), contact.id],
      },
    ],
  };
}
