// One person of the tenant with mailbox and folders, while it is being filled.
import type { Furnished } from "./furniture.js";
import type { Mailbox } from "./mailbox.js";
import type { Person } from "./people.js";

export interface Household {
  person: Person;
  mailbox: Mailbox;
  furnished: Furnished;
}
