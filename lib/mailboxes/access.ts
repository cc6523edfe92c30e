// Whether the app may read a mailbox, and by which right. Written down whenever a mailbox was asked, so that one that is
// refused is asked again slowly, and a person sees since when.
import type { MailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { type Clock, day, hour } from "../core/time.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";

/**
 * tenantApp  by a permission of the whole tenant: the token carries Mail.Read
 * scopedApp  by RBAC for Applications: the token carries no right to mail, and reading works
 * none       refused (403)
 * unknown    it can be read, and the token does not say by which right
 */
export type AccessMode = "tenantApp" | "scopedApp" | "none" | "unknown";

export interface Access {
  mailbox: MailboxId;
  mode: AccessMode;
  readable: boolean;
  /** The mode has been this since, ISO 8601. */
  since: string;
  checkedAt: string;
  lastReadAt?: string;
  /** The code of the refusal. */
  reason?: string;
  requestId?: string;
  /** A schedule asks a refused mailbox no earlier; a person may at any time. */
  nextTestAt?: string;
}

/** Exchange's caches need up to two hours; asking more often only fills the tenant's logs with refusals. */
const askAgainAfterMs = 4 * hour;

/** Application permissions that let an app read the mail of every mailbox. */
export const tenantWideMail = ["Mail.Read", "Mail.ReadWrite", "full_access_as_app"];

export function modeOf(roles: readonly string[] | undefined): AccessMode {
  if (roles === undefined) return "unknown";
  return roles.some((role) => tenantWideMail.includes(role)) ? "tenantApp" : "scopedApp";
}

/** Pure: what is known after the mailbox was read. */
export function afterRead(
  before: Access | undefined,
  mailbox: MailboxId,
  { roles, now }: { roles: readonly string[] | undefined; now: Date },
): Access {
  const at = now.toISOString();
  const mode = modeOf(roles);
  return {
    mailbox,
    mode,
    readable: true,
    since: before?.mode === mode ? before.since : at,
    checkedAt: at,
    lastReadAt: at,
  };
}

/** Pure: what is known after the mailbox was refused. */
export function afterRefusal(
  before: Access | undefined,
  mailbox: MailboxId,
  { fault, now }: { fault: Pick<MailkeepError, "code" | "reason" | "requestId">; now: Date },
): Access {
  const at = now.toISOString();
  return {
    mailbox,
    mode: "none",
    readable: false,
    since: before?.mode === "none" ? before.since : at,
    checkedAt: at,
    reason: fault.reason ?? fault.code,
    nextTestAt: new Date(now.getTime() + askAgainAfterMs).toISOString(),
    ...(fault.requestId !== undefined && { requestId: fault.requestId }),
    ...(before?.lastReadAt !== undefined && { lastReadAt: before.lastReadAt }),
  };
}

/** Pure: refused, and not yet to be asked again. */
export const isBarred = (access: Access | undefined, now: Date): boolean =>
  access !== undefined && !access.readable && Date.parse(access.nextTestAt ?? access.checkedAt) > now.getTime();

/** No connection has `_` in its name. */
const partition = "_access";

function fromRow({ row, values }: StoredRow): Access {
  const { mode, since, checkedAt, lastReadAt, reason, requestId, nextTestAt } = values;
  const text = (name: string, value: unknown) => (value === undefined ? {} : { [name]: String(value) });
  return {
    mailbox: row as MailboxId,
    mode: String(mode) as AccessMode,
    readable: mode !== "none",
    since: String(since),
    checkedAt: String(checkedAt),
    ...text("lastReadAt", lastReadAt),
    ...text("reason", reason),
    ...text("requestId", requestId),
    ...text("nextTestAt", nextTestAt),
  };
}

export async function findAccess(rows: RowStore, mailbox: MailboxId): Promise<Access | undefined> {
  const row = await rows.get("mailboxes", { partition, row: mailbox });
  return row && fromRow(row);
}

/** Of the mailboxes from `from` to `to`, both included, in the order of their ids. */
export async function* listAccess(rows: RowStore, range: { from?: string; to?: string } = {}): AsyncIterable<Access> {
  const { from, to } = range;
  const bounds = { ...(from !== undefined && { from }), ...(to !== undefined && { to: `${to}!` }) };
  for await (const row of rows.scan("mailboxes", partition, bounds)) yield fromRow(row);
}

/** A mailbox that is read every hour need not be written down every hour. */
const restateAfterMs = 1 * hour;

/** Writes what is known now, unless it says nothing new. The last one who asked is right. */
export async function noteAccess(
  mailbox: MailboxId,
  change: (before: Access | undefined) => Access,
  { rows, clock }: { rows: RowStore; clock: Clock },
): Promise<Access> {
  const before = await findAccess(rows, mailbox);
  const after = change(before);
  const isFresh = before !== undefined && clock.now().getTime() - Date.parse(before.checkedAt) < restateAfterMs;
  if (isFresh && after.readable && before.mode === after.mode) return before;
  const { mailbox: row, readable: _, ...values } = after;
  await rows.upsert("mailboxes", { partition, row }, values);
  return after;
}

/** Whether some mailbox could be read within the last day; `by`: in one of these modes. */
export async function isAnybodyReadable(rows: RowStore, now: Date, by?: readonly AccessMode[]): Promise<boolean> {
  for await (const access of listAccess(rows))
    if (access.readable && (by?.includes(access.mode) ?? true) && now.getTime() - Date.parse(access.checkedAt) < day)
      return true;
  return false;
}
