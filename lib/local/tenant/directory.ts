// The tenant's directory: people by id, name and address, as Entra and as Exchange look them up; and their mailboxes.
import type { Mailbox } from "./mailbox.js";
import type { Person } from "./people.js";

export class SampleDirectory {
  private readonly people = new Map<string, Person>();
  private readonly boxes = new Map<string, Mailbox>();

  add(person: Person, mailbox?: Mailbox): void {
    this.people.set(person.id, person);
    if (mailbox) this.boxes.set(person.id, mailbox);
  }

  remove(id: string): void {
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

  /** As Exchange does: object id, user principal name or any SMTP address (facts/graph.md B.2). */
  mailboxOwner(idOrAddress: string): Person | undefined {
    const wanted = idOrAddress.toLowerCase();
    return (
      this.user(idOrAddress) ??
      this.all().find((p) => p.proxyAddresses.some((a) => a.toLowerCase() === `smtp:${wanted}`))
    );
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
