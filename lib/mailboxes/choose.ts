// The mailboxes of a profile, now: the snapshot is read, the groups are asked for, the rest is pure.
import type { ConnectionId } from "../core/ids.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import { expandGroups } from "./expand.js";
import { type Resolution, resolve } from "./resolve.js";
import { loadSnapshot, type Snapshot } from "./snapshot.js";

export interface Choice extends Resolution {
  snapshot: Snapshot;
}

/**
 * What is `unresolved` and fatal must keep a run from archiving anything. Patient: a group that cannot be read now is a fault,
 * to be asked again later; else it is one that cannot be read.
 * @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED); `unavailable`, `throttled` (GROUP_UNAVAILABLE) when patient
 */
export async function chooseMailboxes(
  profile: Pick<ProfileInput, "mailboxes"> & { connection: ConnectionId },
  { rows, tenants }: { rows: RowStore; tenants: Tenants },
  { patient }: { patient: boolean },
): Promise<Choice> {
  const snapshot = await loadSnapshot(rows, profile.connection);
  const { groups } = profile.mailboxes;
  if (groups.length === 0) return { ...resolve(profile, snapshot.entries), snapshot };
  const { directory, exchange } = await tenants.of(profile.connection);
  const users = new Set<string>(snapshot.entries.map(({ id }) => id));
  const expanded = await expandGroups(groups, { directory, exchange, patient, isUser: (id) => users.has(id) });
  return { ...resolve(profile, snapshot.entries, expanded), snapshot };
}
