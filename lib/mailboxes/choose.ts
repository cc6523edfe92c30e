// The mailboxes of a profile, now: the snapshot is read, the groups are asked for, whoever is not in the snapshot is asked
// for, the rest is pure.
import type { ConnectionId, MailboxId } from "../core/ids.js";
import type { DirectoryUser } from "../ports/directory.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import { entryOf } from "./enter.js";
import { expandGroups } from "./expand.js";
import type { MailboxEntry } from "./mailbox.js";
import { groupsAmong } from "./misplaced.js";
import { indexNames } from "./name-index.js";
import { type Resolution, resolve } from "./resolve.js";
import { loadSnapshot, type Snapshot } from "./snapshot.js";
import { meet, strangersIn, type Unanswered } from "./strangers.js";

export interface Choice extends Resolution {
  snapshot: Snapshot;
  /** Names of whom nobody knows whether anybody has them. */
  unanswered: Unanswered;
}

/** Enters users into the snapshot of the connection; without it they are known for this one choice. */
export type EnterUsers = (
  users: DirectoryUser[],
  before: ReadonlyMap<MailboxId, MailboxEntry>,
) => Promise<MailboxEntry[]>;

export interface ChooseDeps {
  rows: RowStore;
  tenants: Tenants;
}

/**
 * What is `unresolved` and fatal must keep a run from archiving anything. Patient: a group, or somebody, that cannot be asked
 * for now is a fault, to be asked again later; else it is a gap with a name.
 * @param also names that the profile gives beside those of its mailboxes: they choose nobody, and are asked for like the others
 * @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED); `unavailable`, `throttled` (GROUP_UNAVAILABLE,
 * DIRECTORY_UNANSWERED) when patient
 */
export async function chooseMailboxes(
  profile: Pick<ProfileInput, "mailboxes"> & { connection: ConnectionId },
  { rows, tenants }: ChooseDeps,
  { patient, enter, also = [] }: { patient: boolean; enter?: EnterUsers; also?: readonly string[] },
): Promise<Choice> {
  const { connection } = profile;
  const snapshot = await loadSnapshot(rows, connection);
  const { entries } = snapshot;
  const { groups } = profile.mailboxes;
  const named = [...profile.mailboxes.mailboxes, ...also];
  const known = strangersIn(named, entries, []).length === 0;
  if (groups.length === 0 && known) return { ...resolve(profile, entries), snapshot, unanswered: new Map() };
  const { directory, exchange } = await tenants.of(connection);
  const users = new Set<string>(entries.map(({ id }) => id));
  const expanded = await expandGroups(groups, { directory, exchange, patient, isUser: (id) => users.has(id) });
  const met = await meet(strangersIn(named, entries, expanded), directory, { patient });
  const before = new Map(entries.map((entry) => [entry.id, entry]));
  const at = { connection, now: snapshot.syncedAt };
  const entered = enter
    ? await enter(met.users, before)
    : met.users.map((user) => entryOf(user, before.get(user.id), at));
  const now = new Map([...before, ...entered.map((entry) => [entry.id, entry] as const)]);
  const all = { ...snapshot, entries: [...now.values()] };
  const { unanswered } = met;
  const index = indexNames(all.entries);
  const nobodys = profile.mailboxes.mailboxes.filter((name) => !unanswered.has(name) && index.find(name) === undefined);
  const groupNames = await groupsAmong(nobodys, directory);
  return { ...resolve(profile, all.entries, { expanded, unanswered, groupNames }), snapshot: all, unanswered };
}
