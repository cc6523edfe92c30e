// Fills a new tenant: people, folders, and mail made from the seed or read from a directory.

import { fillWithMail } from "./company.js";
import type { SampleDirectory } from "./directory.js";
import { furnish } from "./furniture.js";
import { usualGroups } from "./groups.js";
import type { Household } from "./household.js";
import { fillFromDirectory } from "./mail-folder.js";
import { Mailbox } from "./mailbox.js";
import { peopleWithMailboxes, peopleWithout } from "./people.js";

export interface PopulateOptions {
  seed: string;
  mailboxes?: number;
  messagesPerMailbox?: number;
  mailDir?: string;
  hugeMessageBytes?: number;
  newestMail?: Date;
  keepRenderedBytes?: number;
  now: () => Date;
}

/** Generated mail ends here unless told otherwise: a seed must give the same mail on any day. */
const usualNewestMail = new Date("2026-10-30T17:00:00Z");

export async function populate(directory: SampleDirectory, options: PopulateOptions): Promise<void> {
  const { seed, now } = options;
  const homes: Household[] = peopleWithMailboxes(seed, options.mailboxes ?? 5).map((person) => {
    const mailbox = new Mailbox(person.id, now);
    directory.add(person, mailbox);
    return { person, mailbox, furnished: furnish(mailbox, person) };
  });
  for (const person of peopleWithout(seed)) directory.add(person);
  const { groups, contacts, dynamicGroups, units } = usualGroups(
    seed,
    homes.map(({ person }) => person),
  );
  for (const group of groups) directory.groups.set(group.id, group);
  directory.contacts = contacts;
  directory.dynamicGroups = dynamicGroups;
  directory.units = units;
  if (options.mailDir !== undefined) return fillFromDirectory(homes, options.mailDir);
  fillWithMail(homes, {
    seed,
    perMailbox: options.messagesPerMailbox ?? 200,
    newest: options.newestMail ?? usualNewestMail,
    keepBytes: options.keepRenderedBytes ?? 0,
    hugeBytes: options.hugeMessageBytes ?? 30 * 1024 * 1024,
  });
}
