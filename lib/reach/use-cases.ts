// What the API asks of this room.
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId, MailboxId, ProfileId } from "../core/ids.js";
import type { PageRequest } from "../core/page.js";
import { chooseMailboxes } from "../mailboxes/choose.js";
import { resolve } from "../mailboxes/resolve.js";
import { loadSnapshot } from "../mailboxes/snapshot.js";
import type { Log } from "../ports/log.js";
import type { Tenants } from "../ports/tenants.js";
import type { Profile, ProfileInput } from "../profiles/profile.js";
import { getProfile } from "../profiles/repo.js";
import { type BlastRadius, blastRadius } from "./blast-radius.js";
import { type MailboxAccess, mailboxAccess } from "./mailbox-access.js";
import type { AccessTest } from "./report.js";
import type { Known } from "./targets.js";
import { type TestDeps, testProfile } from "./test-profile.js";

export interface ReachDeps extends Omit<TestDeps, "tenant" | "resolve"> {
  tenants: Tenants;
  log: Log;
  /** @throws invalid naming the field, when it could not be saved as it is */
  assertDraft(profile: ProfileInput): Promise<void>;
}

/**
 * Whom a profile means by the directory snapshot as it is, its groups included as far as they can be read; undefined when
 * there is no snapshot.
 */
async function resolveNow(
  profile: ProfileInput,
  deps: Pick<ReachDeps, "rows" | "tenants">,
  also: string[] = [],
): Promise<Known | undefined> {
  try {
    const { snapshot, ...resolution } = await chooseMailboxes(profile, deps, { patient: false, also });
    return { ...resolution, entries: snapshot.entries };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    if (error.reason === "DIRECTORY_SYNC_REQUIRED") return undefined;
    const { entries } = await loadSnapshot(deps.rows, profile.connection);
    return { ...resolve(profile, entries), entries };
  }
}

export function reachUseCases(deps: ReachDeps) {
  const test = async (profile: ProfileInput & { id?: string }, mailboxes?: string[]): Promise<AccessTest> => {
    const tenant = await deps.tenants.of(profile.connection);
    const also = profile.overrides.flatMap((override) => override.mailboxes);
    const resolveAll = (asked: ProfileInput) => resolveNow(asked, deps, also);
    return testProfile({ profile, mailboxes }, { ...deps, tenant, resolve: resolveAll });
  };
  const reading = { rows: deps.rows, read: (profile: Profile) => resolveNow(profile, deps) };
  return {
    /** Which of its two conditions one mailbox lacks. */
    mailbox: (id: MailboxId): Promise<MailboxAccess> => mailboxAccess(id, reading),
    async blastRadius(request: PageRequest & { connection: ConnectionId }): Promise<BlastRadius> {
      return blastRadius(request, { ...reading, tenant: await deps.tenants.of(request.connection) });
    },
    /** A profile that is not saved yet. */
    async testDraft(profile: ProfileInput): Promise<AccessTest> {
      await deps.assertDraft(profile).catch((error: unknown) => {
        // Storage that does not answer is what the test itself says.
        if (!isMailkeepError(error) || isMailkeepError(error, "invalid", "conflict")) throw error;
      });
      return test(profile);
    },
    async testProfile(id: ProfileId, mailboxes?: string[]): Promise<AccessTest> {
      const { profile } = await getProfile(deps.rows, id);
      return test(profile, mailboxes);
    },
  };
}
