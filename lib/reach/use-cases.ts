// What the API asks of this room.

import type { ProfileId } from "../core/ids.js";
import { listMailboxes, type MailboxEntry } from "../mailboxes/mailbox.js";
import { type Resolution, resolve } from "../mailboxes/resolve.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import type { ProfileInput } from "../profiles/profile.js";
import { getProfile } from "../profiles/repo.js";
import type { AccessTest } from "./report.js";
import { type TestDeps, testProfile } from "./test-profile.js";

export interface ReachDeps extends Omit<TestDeps, "tenant" | "resolve"> {
  tenants: Tenants;
  log: Log;
}

/** Whom a profile means by the directory snapshot as it is; undefined when there is none. */
async function resolveNow(profile: ProfileInput, rows: RowStore): Promise<Resolution | undefined> {
  const entries: MailboxEntry[] = [];
  for await (const entry of listMailboxes(rows, profile.connection)) entries.push(entry);
  return entries.length === 0 ? undefined : resolve(profile, entries);
}

export function reachUseCases(deps: ReachDeps) {
  const test = async (profile: ProfileInput & { id?: string }, mailboxes?: string[]): Promise<AccessTest> => {
    const tenant = await deps.tenants.of(profile.connection);
    return testProfile({ profile, mailboxes }, { ...deps, tenant, resolve: (asked) => resolveNow(asked, deps.rows) });
  };
  return {
    /** A profile that is not saved yet. */
    testDraft: (profile: ProfileInput): Promise<AccessTest> => test(profile),
    async testProfile(id: ProfileId, mailboxes?: string[]): Promise<AccessTest> {
      const { profile } = await getProfile(deps.rows, id);
      return test(profile, mailboxes);
    },
  };
}
