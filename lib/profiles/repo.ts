// Profiles as rows: one partition, one JSON property.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ProfileId } from "../core/ids.js";
import { gather, spread } from "../core/long-text.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import type { Profile } from "./profile.js";

const partition = "profiles";

export interface StoredProfile {
  profile: Profile;
  etag: string;
}

function toValues(profile: Profile): Record<string, string | number> {
  const values = spread(JSON.stringify(profile));
  if (values !== undefined) return { name: profile.name, ...values };
  throw new MailkeepError("too-large", "the profile is too large to be kept; name fewer mailboxes or folders", {
    reason: "PROFILE_TOO_LARGE",
    field: largestList(profile),
  });
}

/** Which of its lists is to be shortened. */
function largestList({ mailboxes, folders, filter, overrides }: Profile): string {
  const lists = {
    "mailboxes.mailboxes": mailboxes.mailboxes,
    "mailboxes.groups": mailboxes.groups,
    folders,
    filter,
    overrides,
  };
  const sizes = Object.entries(lists).map(([field, list]) => ({ field, size: JSON.stringify(list).length }));
  return sizes.reduce((largest, one) => (one.size > largest.size ? one : largest)).field;
}

/** Profiles from before there were overrides have none. */
function fromRow({ values, etag }: StoredRow): StoredProfile {
  const profile = JSON.parse(gather(values)) as Profile & { overrides?: Profile["overrides"] };
  return { profile: { ...profile, overrides: profile.overrides ?? [] }, etag };
}

/** Its id is new: a row that is there already is our own write, whose answer was lost. */
export async function insertProfile(rows: RowStore, profile: Profile): Promise<StoredProfile> {
  try {
    return { profile, etag: await rows.insert("profiles", { partition, row: profile.id }, toValues(profile)) };
  } catch (error) {
    const stored = isMailkeepError(error, "conflict") ? await findProfile(rows, profile.id) : undefined;
    if (JSON.stringify(stored?.profile) !== JSON.stringify(profile) || stored === undefined) throw error;
    return stored;
  }
}

export async function findProfile(rows: RowStore, id: ProfileId): Promise<StoredProfile | undefined> {
  const row = await rows.get("profiles", { partition, row: id });
  return row && fromRow(row);
}

/** @throws not-found with reason PROFILE_NOT_FOUND */
export async function getProfile(rows: RowStore, id: ProfileId): Promise<StoredProfile> {
  const found = await findProfile(rows, id);
  if (found === undefined) throw new MailkeepError("not-found", `no profile ${id}`, { reason: "PROFILE_NOT_FOUND" });
  return found;
}

/** @throws precondition-failed when somebody changed the profile since `etag`. */
export async function replaceProfile(rows: RowStore, profile: Profile, etag: string): Promise<StoredProfile> {
  return { profile, etag: await rows.replace("profiles", { partition, row: profile.id }, toValues(profile), etag) };
}

/** The mail that was archived through it stays. */
export async function deleteProfile(rows: RowStore, id: ProfileId, etag: string): Promise<void> {
  await rows.delete("profiles", { partition, row: id }, etag);
}

export async function* listProfiles(rows: RowStore): AsyncIterable<StoredProfile> {
  for await (const row of rows.scan("profiles", partition)) yield fromRow(row);
}
