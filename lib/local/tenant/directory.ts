// The tenant's directory: people by id, name and address, as Entra and as Exchange look them up; and their mailboxes.
import { dice, guid } from "./dice.js";
import type { AdministrativeUnit, Contact, DynamicGroup, Group } from "./groups.js";
import type { Mailbox } from "./mailbox.js";
import type { Person } from "./people.js";
import type { AccessPolicy } from "./rights.js";

export const tenantId = "c0ffee00-0000-4000-a000-000000000001";

/** One assignment by RBAC for Applications; without a scope it is for the whole organisation. */
export interface SampleApplicationRight {
  appId: string;
  /** `Mail.Read`. */
  role: string;
  scope?: string;
  /** Object ids in the scope. */
  members?: string[];
}

/** `properties` empty: the person is new. */
export interface PersonEvent {
  at: number;
  id: string;
  properties: string[];
  removed?: true;
}

export class SampleDirectory {
  private readonly people = new Map<string, Person>();
  readonly deleted: { person: Person; deletedDateTime: string }[] = [];
  private readonly boxes = new Map<string, Mailbox>();
  readonly groups = new Map<string, Group>();
  contacts: Contact[] = [];
  dynamicGroups: DynamicGroup[] = [];
  units: AdministrativeUnit[] = [];
  applicationRights: SampleApplicationRight[] = [];
  /** Retention policies for the whole organisation, e.g. `mbx7cfb30345d454ac0a989ab3041051209:2`. */
  organizationHolds: string[] = [];
  accessPolicies: AccessPolicy[] = [];

  /** What happened to people, for users/delta; the serial of each event. */
  private readonly events: PersonEvent[] = [];
  private serial = 0;
  /** Bookmarks of an earlier generation are dead. */
  generation = 1;

  get head(): number {
    return this.serial;
  }

  /** The last event of each person after `since`, in the order they happened. */
  since(since: number): PersonEvent[] {
    const last = new Map<string, PersonEvent>();
    for (const event of this.events.filter(({ at }) => at > since)) {
      const properties = [...new Set([...(last.get(event.id)?.properties ?? []), ...event.properties])];
      last.delete(event.id);
      last.set(event.id, { ...event, properties });
    }
    return [...last.values()];
  }

  /** Notes that these properties of a person have changed. */
  touch(id: string, properties: string[]): void {
    this.events.push({ at: ++this.serial, id, properties });
  }

  add(person: Person, mailbox?: Mailbox): void {
    this.touch(person.id, []);
    this.people.set(person.id, person);
    if (mailbox) this.boxes.set(person.id, mailbox);
  }

  /** Goes to the deleted items of the directory; the mailbox can no longer be reached. */
  remove(id: string, when: Date): void {
    const person = this.people.get(id);
    if (person) this.deleted.push({ person, deletedDateTime: when.toISOString() });
    if (person) this.events.push({ at: ++this.serial, id, properties: [], removed: true });
    this.people.delete(id);
    this.boxes.delete(id);
  }

  all(): Person[] {
    return [...this.people.values()];
  }

  /** As `GET /users/{x}` does: object id or user principal name, never another address. */
  user(idOrPrincipalName: string): Person | undefined {
    const direct = this.people.get(idOrPrincipalName.toLowerCase());
    if (direct) return direct;
    const wanted = idOrPrincipalName.toLowerCase();
    return this.all().find((p) => p.userPrincipalName.toLowerCase() === wanted);
  }

  /** As Exchange does: object id, user principal name, any SMTP address or `MBX:` id (facts/graph.md B.2). */
  mailboxOwner(idOrAddress: string): Person | undefined {
    const wanted = idOrAddress.toLowerCase();
    if (wanted.startsWith("mbx:")) return this.all().find((person) => this.mailboxId(person).toLowerCase() === wanted);
    return (
      this.user(idOrAddress) ??
      this.all().find((p) => p.proxyAddresses.some((a) => a.toLowerCase() === `smtp:${wanted}`))
    );
  }

  mailboxId(person: Person): string {
    return `MBX:${guid(dice("exchange guid", person.id))}@${tenantId}`;
  }

  mailbox(person: Person): Mailbox | undefined {
    return "kind" in person.mailbox ? this.boxes.get(person.id) : undefined;
  }

  withMailboxes(): { person: Person; mailbox: Mailbox }[] {
    return this.all().flatMap((person) => {
      const mailbox = this.mailbox(person);
      return mailbox ? [{ person, mailbox }] : [];
    });
  }
}
