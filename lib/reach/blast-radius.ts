// What the app can read that no profile needs: the harm that a stolen identity could do beyond its work.
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId } from "../core/ids.js";
import type { PageRequest } from "../core/page.js";
import { type Access, listAccess, modeOf } from "../mailboxes/access.js";
import { listMailboxes, type MailboxEntry } from "../mailboxes/mailbox.js";
import { assertSnapshot } from "../mailboxes/snapshot.js";
import type { RowStore } from "../ports/row-store.js";
import type { TenantEdge } from "../ports/tenants.js";
import { choices, type ReadProfile } from "./choices.js";

export interface Unneeded {
  id: string;
  address: string;
  displayName: string;
  kind: MailboxEntry["kind"];
  why: string;
}

export interface BlastRadius {
  /** By which right the app reads mail, as its token says; null when no token could be had. */
  mode: Access["mode"] | null;
  summary: string;
  /** Mailboxes that the directory snapshot holds. */
  mailboxes: number;
  /** Chosen by an enabled profile. */
  needed: number;
  /** Readable and chosen by none. */
  unneeded: number;
  /** Chosen by none, and never asked: whether the app can read them is not known. */
  unknown: number;
  fix: string | null;
  link: string | null;
  value: Unneeded[];
  next?: string;
}

const scopePage = "https://learn.microsoft.com/exchange/permissions-exo/application-rbac";

/** @throws MailkeepError `conflict` (DIRECTORY_SYNC_REQUIRED): nobody known is not nobody who can be read */
export async function blastRadius(
  { connection, limit, after }: PageRequest & { connection: ConnectionId },
  { rows, read, tenant }: { rows: RowStore; read: ReadProfile; tenant: TenantEdge },
): Promise<BlastRadius> {
  await assertSnapshot({ syncDirectoryFirst: false, connection }, rows);
  const mode = await currentMode(tenant);
  const needed = new Set<string>();
  for (const { profile, chosen } of await choices(connection, { rows, read }))
    if (profile.enabled) for (const id of chosen) needed.add(id);
  const known = new Map<string, Access>();
  for await (const access of listAccess(rows)) known.set(access.mailbox, access);
  const all: Unneeded[] = [];
  const count = { mailboxes: 0, needed: 0, unknown: 0 };
  for await (const entry of listMailboxes(rows, connection)) {
    if (entry.excluded !== undefined) continue;
    count.mailboxes++;
    if (needed.has(entry.id)) count.needed++;
    else {
      const why = reasonFor(mode, known.get(entry.id));
      if (why === undefined) count.unknown += known.has(entry.id) ? 0 : 1;
      else all.push(unneeded(entry, why));
    }
  }
  const rest = all.filter(({ id }) => after === undefined || id > after);
  const value = rest.slice(0, limit);
  return {
    mode,
    summary: summaryOf(mode, { ...count, unneeded: all.length }),
    ...count,
    unneeded: all.length,
    ...remedy(all.length, mode),
    value,
    ...(rest.length > value.length && { next: value.at(-1)?.id ?? "" }),
  };
}

async function currentMode(tenant: TenantEdge): Promise<Access["mode"] | null> {
  try {
    return modeOf((await tenant.tokenFacts()).roles);
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return null; // what is known of each mailbox is still worth saying
  }
}

/** A permission of the whole tenant reads every mailbox, asked or not, unless it was seen to be refused. */
function reasonFor(mode: Access["mode"] | null, access: Access | undefined): string | undefined {
  if (access !== undefined && !access.readable) return undefined;
  if (mode === "tenantApp") return "the token carries a permission to read mail in the whole tenant";
  if (access === undefined) return undefined;
  return `it was read at ${access.lastReadAt ?? access.checkedAt}`;
}

const unneeded = ({ id, address, displayName, kind }: MailboxEntry, why: string): Unneeded => ({
  id,
  address,
  displayName,
  kind,
  why,
});

function summaryOf(
  mode: Access["mode"] | null,
  { mailboxes, needed, unneeded, unknown }: { mailboxes: number; needed: number; unneeded: number; unknown: number },
): string {
  const by = mode === "tenantApp" ? "by a permission of the whole tenant, " : "";
  const open = unknown > 0 ? `; of ${unknown} more it is not known` : "";
  return `${by}the app can read ${unneeded} of ${mailboxes} mailboxes that no enabled profile chooses${open}; ${needed} are chosen`;
}

function remedy(count: number, mode: Access["mode"] | null): { fix: string | null; link: string | null } {
  if (count === 0) return { fix: null, link: null };
  const fix =
    mode === "tenantApp"
      ? "Give the app its mail right by RBAC for Applications (infra/scope.ps1) and take the permission of the whole tenant away: the two add up."
      : "Narrow the scope of RBAC for Applications to the mailboxes that profiles choose.";
  return { fix, link: scopePage };
}
