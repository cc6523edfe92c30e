// Takes an order: finds the mailboxes it means, writes it down and sends it to be worked on.
import { MailkeepError } from "../core/errors.js";
import { AnyMailboxId, type MailboxId, newExportId, type Random } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { hasLedger } from "../ledger/journal.js";
import { chooseMailboxes } from "../mailboxes/choose.js";
import { findMailbox, listAllMailboxes, listMailboxes, type MailboxEntry } from "../mailboxes/mailbox.js";
import { type Resolution, resolve } from "../mailboxes/resolve.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ExportStore } from "../ports/export-store.js";
import type { RowStore } from "../ports/row-store.js";
import type { Tenants } from "../ports/tenants.js";
import type { WorkQueue } from "../ports/work-queue.js";
import type { Profile } from "../profiles/profile.js";
import { getProfile } from "../profiles/repo.js";
import { type Export, type ExportMailbox, nothing, type Order, orderName } from "./export.js";
import { exportItem } from "./export-mail.js";
import { mailboxPlace } from "./names.js";
import { insertExport, putJson } from "./repo.js";
import type { ExportInput } from "./selection.js";

export interface RequestDeps {
  rows: RowStore;
  blobs: BlobStore;
  exports: ExportStore;
  queue: WorkQueue;
  tenants: Tenants;
  clock: Clock;
  random: Random;
}

/** @throws MailkeepError `invalid` (MAILBOX_NOT_FOUND) with the field, `not-found` (PROFILE_NOT_FOUND) */
export async function requestExport(selection: ExportInput, deps: RequestDeps): Promise<Export> {
  const { rows, exports, queue, clock, random } = deps;
  const found = selection.profile === null ? await named(selection, deps) : await ofProfile(selection.profile, deps);
  const order: Order = { selection, ...found };
  const id = newExportId(clock.now(), random);
  await putJson(exports, orderName(id), order);
  const value = newExport(id, order, clock.now().toISOString());
  await insertExport(rows, value);
  await queue.send(exportItem(id));
  return value;
}

function newExport(id: Export["id"], { selection, mailboxes }: Order, now: string): Export {
  const { format, mailboxes: _, keys, ...conditions } = selection;
  return {
    id,
    format,
    status: "pending",
    asked: { ...conditions, mailboxes: mailboxes.length, ...(keys !== undefined && { keys: keys.length }) },
    faults: 0,
    cancelRequested: false,
    requestedAt: now,
    updatedAt: now,
    phase: "plan",
    plans: [],
    planned: nothing,
    at: { mailbox: 0, chunk: 0, line: 0 },
    written: nothing,
    gapCount: 0,
    gaps: [],
    blocks: [],
    offset: 0,
    entries: 0,
    parts: [],
  };
}

type Found = Pick<Order, "mailboxes" | "gaps">;

/** By id, also of mailboxes that the directory has forgotten and the archive has not; else by any address. */
async function named({ mailboxes: names }: ExportInput, { rows, blobs }: RequestDeps): Promise<Found> {
  let byName: Map<string, MailboxEntry> | undefined;
  const found = new Map<string, { id: MailboxId; address: string }>();
  for (const [index, name] of names.entries()) {
    const id = AnyMailboxId.safeParse(name).data;
    const known = id && (await findMailbox(rows, id));
    const kept = id !== undefined && known === undefined && (await hasLedger(blobs, id));
    if (known === undefined && !kept) byName ??= await directory(rows);
    const mailbox = known ?? (kept ? { id, address: id } : byName?.get(name.toLowerCase()));
    if (mailbox === undefined) throw unknownMailbox(name, index);
    found.set(mailbox.id, { id: mailbox.id, address: mailbox.address });
  }
  return { mailboxes: placed([...found.values()]), gaps: [] };
}

function unknownMailbox(name: string, index: number): MailkeepError {
  const message = `neither the directory snapshot nor the archive has the mailbox ${name}`;
  return new MailkeepError("invalid", message, { reason: "MAILBOX_NOT_FOUND", field: `mailboxes[${index}]` });
}

async function directory(rows: RowStore): Promise<Map<string, MailboxEntry>> {
  const byName = new Map<string, MailboxEntry>();
  const entries: MailboxEntry[] = [];
  for await (const entry of listAllMailboxes(rows)) entries.push(entry);
  for (const entry of entries) for (const address of entry.addresses) byName.set(address.toLowerCase(), entry);
  for (const entry of entries)
    for (const name of [entry.address, entry.userPrincipalName]) byName.set(name.toLowerCase(), entry);
  return byName;
}

/** All that the profile covers. Who can no longer be archived (left, lost the licence) may have an archive all the same. */
async function ofProfile(id: NonNullable<ExportInput["profile"]>, deps: RequestDeps): Promise<Found> {
  const { profile } = await getProfile(deps.rows, id);
  const { chosen, excluded, unresolved } = await coveredBy(profile, deps);
  const former = excluded.filter(({ reason }) => reason !== "EXCEPTED_BY_PROFILE");
  const mailboxes = [
    ...chosen.map(({ mailbox: { id, address } }) => ({ id, address })),
    ...former.map(({ mailbox: { id, address } }) => ({ id, address, optional: true as const })),
  ];
  const gaps = unresolved.map(({ address, reason, message }) => ({ address, code: reason, message }));
  return { mailboxes: placed(mailboxes), gaps };
}

/** Groups are asked for now; a profile without any is resolved from what is known, even if that is nothing. */
async function coveredBy(profile: Profile, { rows, tenants }: RequestDeps): Promise<Resolution> {
  if (profile.mailboxes.groups.length > 0) return chooseMailboxes(profile, { rows, tenants }, { patient: true });
  const entries: MailboxEntry[] = [];
  for await (const entry of listMailboxes(rows, profile.connection)) entries.push(entry);
  return resolve(profile, entries);
}

function placed(mailboxes: Omit<ExportMailbox, "place">[]): ExportMailbox[] {
  const taken = new Set<string>();
  const sorted = mailboxes.sort((a, b) => (`${a.address} ${a.id}` < `${b.address} ${b.id}` ? -1 : 1));
  return sorted.map((mailbox) => ({ ...mailbox, place: mailboxPlace(mailbox, taken) }));
}
