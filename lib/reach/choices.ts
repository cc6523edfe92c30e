// Whom each profile of a connection chooses by the directory snapshot.
import type { ConnectionId } from "../core/ids.js";
import type { Resolution } from "../mailboxes/resolve.js";
import type { RowStore } from "../ports/row-store.js";
import type { Profile } from "../profiles/profile.js";
import { listProfiles } from "../profiles/repo.js";

/** Resolves a profile; undefined where there is no snapshot. */
export type ReadProfile = (profile: Profile) => Promise<Resolution | undefined>;

export interface Choice {
  profile: Profile;
  /** Object ids. */
  chosen: ReadonlySet<string>;
}

/** More profiles than that are not read for one answer. */
const mostProfiles = 500;

export async function choices(
  connection: ConnectionId,
  { rows, read }: { rows: RowStore; read: ReadProfile },
): Promise<Choice[]> {
  const found: Choice[] = [];
  for await (const { profile } of listProfiles(rows)) {
    if (profile.connection.toLowerCase() !== connection.toLowerCase()) continue;
    const resolution = await read(profile);
    found.push({ profile, chosen: new Set(resolution?.chosen.map(({ mailbox }) => mailbox.id) ?? []) });
    if (found.length >= mostProfiles) break;
  }
  return found;
}
