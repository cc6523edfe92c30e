// The people of the sample tenant: every kind of mailbox, and the users that have none. All of them are invented.
import { type Dice, dice, guid } from "./dice.js";

export type MailboxKind = "user" | "shared" | "room" | "equipment";

/** Why Graph reaches no mailbox for a user, and with which answer (facts/graph.md F.3, A.5). */
export type Absence = "ErrorInvalidUser" | "ResourceNotFound" | "MailboxNotEnabledForRESTAPI" | "ErrorAccessDenied";

export interface Person {
  id: string;
  displayName: string;
  givenName: string;
  surname: string;
  userPrincipalName: string;
  mail: string | null;
  proxyAddresses: string[];
  accountEnabled: boolean;
  userType: "Member" | "Guest";
  externalUserState: string | null;
  onPremisesSyncEnabled: boolean | null;
  exchangePlan: "Enabled" | "Suspended" | undefined;
  createdDateTime: string;
  department: string;
  jobTitle: string;
  /** The language of the mailbox's folder names and of much of its mail. */
  language: "en" | "de" | "ja" | "fr";
  mailbox: { kind: MailboxKind } | { absent: Absence };
  /** Where a synced account stands in the directory on premises. */
  onPremisesDistinguishedName?: string;
  /** What only Exchange tells of the mailbox. */
  holds?: MailboxHolds;
  /** Replication has not come everywhere: `changes` never tell of the user, `lists` do not either; asked for, it is there. */
  missingIn?: "changes" | "lists";
}

export interface MailboxHolds {
  litigationHold?: boolean;
  inPlaceHolds?: string[];
  complianceTagHold?: boolean;
  delayHold?: boolean;
}

export const companyDomain = "contoso.example";

const givenNames =
  "Anna Ben Carla David Elif Farid Greta Hugo Ines Jonas Kira Liam Mina Noah Olga Paul Rosa Sami Tara Uwe Vera Wim Yuki Zoe".split(
    " ",
  );
const surnames =
  "Adler Berg Castell Dorn Eklund Faber Gruber Hollis Iversen Jansen Keller Lindt Moreau Novak Okafor Pereira Quandt Rossi Sato Tanaka Ulrich Vogel Weber Young".split(
    " ",
  );
const departments = ["Sales", "Engineering", "Finance", "Legal", "Operations", "Human Resources"];
const jobs = ["Consultant", "Engineer", "Accountant", "Counsel", "Coordinator", "Team Lead"];

/** `count` people with mailboxes: from six on every kind is there (user, shared, leaver, room, equipment). */
export function peopleWithMailboxes(seed: string, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => personAt(seed, index));
}

function personAt(seed: string, index: number): Person {
  const source = dice(seed, "person", index);
  if (index === 2) return resource(source, { kind: "shared", displayName: "Support Desk", alias: "support" });
  if (index === 4) return resource(source, { kind: "room", displayName: "Room Aurora (12)", alias: "room.aurora" });
  if (index === 5) return resource(source, { kind: "equipment", displayName: "Van 1", alias: "van.1" });
  const person = employee(source, index);
  if (index === 3) return { ...person, accountEnabled: false, jobTitle: "(left the company)" };
  return person;
}

function employee(source: Dice, index: number): Person {
  const givenName = givenNames[index % givenNames.length] ?? "Anna";
  const surname = surnames[(index * 7 + Math.floor(index / givenNames.length)) % surnames.length] ?? "Adler";
  const round = Math.floor(index / (givenNames.length * surnames.length));
  const alias = `${givenName}.${surname}${index < 24 ? "" : index}${round || ""}`.toLowerCase();
  const address = `${alias}@${companyDomain}`;
  // Who marries may change the address and keep the logon name.
  const logon =
    index % 10 === 1 ? `${givenName}.${source.pick(surnames)}.${index}@${companyDomain}`.toLowerCase() : address;
  return {
    ...blank(source),
    displayName: `${givenName} ${surname}`,
    givenName,
    surname,
    userPrincipalName: logon,
    mail: address,
    proxyAddresses: [
      `SMTP:${address}`,
      `smtp:${alias}.${index}@mail.${companyDomain}`,
      ...(logon === address ? [] : [`smtp:${logon}`]),
      `SIP:${address}`,
      `X500:/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=${source.hex(32)}`,
    ],
    exchangePlan: "Enabled",
    department: source.pick(departments),
    jobTitle: source.pick(jobs),
    language: (["en", "de", "en", "en", "en", "en", "de", "ja", "fr", "en"] as const)[index % 10] ?? "en",
    mailbox: { kind: "user" },
    ...(index % 10 < 2 && {
      onPremisesSyncEnabled: true,
      onPremisesDistinguishedName: `CN=${givenName} ${surname},OU=Legal,OU=Staff,DC=contoso,DC=example`,
    }),
  };
}

function resource(
  source: Dice,
  { kind, displayName, alias }: { kind: MailboxKind; displayName: string; alias: string },
): Person {
  const address = `${alias}@${companyDomain}`;
  return {
    ...blank(source),
    displayName,
    userPrincipalName: address,
    mail: address,
    proxyAddresses: [`SMTP:${address}`, `smtp:${alias}@mail.${companyDomain}`],
    // Shared and resource mailboxes need no licence, and their accounts are switched off.
    accountEnabled: false,
    mailbox: { kind },
  };
}

/** Users without a mailbox that Graph reaches: a guest, somebody without a plan, and somebody still on premises. */
export function peopleWithout(seed: string): Person[] {
  const guest = blank(dice(seed, "guest"));
  const visitor = "lena.partner@fabrikam.example";
  const unlicensed = blank(dice(seed, "unlicensed"));
  const onPremises = employee(dice(seed, "on-premises"), 9_003);
  return [
    {
      ...guest,
      displayName: "Lena Partner",
      userPrincipalName: `${visitor.replace("@", "_")}#EXT#@contoso.onmicrosoft.example`,
      mail: visitor,
      proxyAddresses: [`SMTP:${visitor}`],
      userType: "Guest",
      externalUserState: "Accepted",
      mailbox: { absent: "ErrorInvalidUser" },
    },
    {
      ...unlicensed,
      displayName: "Build Robot",
      userPrincipalName: `build.robot@${companyDomain}`,
      mailbox: { absent: "ResourceNotFound" },
    },
    {
      ...onPremises,
      displayName: "Otto Onpremises",
      userPrincipalName: `otto.onpremises@${companyDomain}`,
      mail: `otto.onpremises@${companyDomain}`,
      proxyAddresses: [`SMTP:otto.onpremises@${companyDomain}`],
      onPremisesSyncEnabled: true,
      onPremisesDistinguishedName: "CN=Onpremises\\, Otto,OU=Sales,OU=Staff,DC=contoso,DC=example",
      exchangePlan: undefined,
      mailbox: { absent: "MailboxNotEnabledForRESTAPI" },
    },
  ];
}

function blank(source: Dice): Person {
  return {
    id: guid(source),
    displayName: "",
    givenName: "",
    surname: "",
    userPrincipalName: "",
    mail: null,
    proxyAddresses: [],
    accountEnabled: true,
    userType: "Member",
    externalUserState: null,
    onPremisesSyncEnabled: null,
    exchangePlan: undefined,
    createdDateTime: `20${15 + source.int(9)}-0${1 + source.int(9)}-1${source.int(10)}T08:00:00Z`,
    department: "",
    jobTitle: "",
    language: "en",
    mailbox: { absent: "ResourceNotFound" },
  };
}
