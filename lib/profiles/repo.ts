// Profiles as rows: one partition, one JSON property.
import { deflateSync, inflateSync } from "node:zlib";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ProfileId } from "../core/ids.js";
import type { RowStore, StoredRow } from "../ports/row-store.js";
import type { Profile } from "./profile.js";

const partition = "profiles";

export interface StoredProfile {
  profile: Profile;
  etag: string;
}

/** A property holds 32,768 characters; a profile that names thousands of mailboxes needs several. */
const chunkLength = 30_000;
/** A row holds 1 MiB, two bytes a character; the rest is for names and keys. */
const chunkLimit = 16;

/** What would not fit is deflated: lists of addresses shrink to a third. */
function toValues(profile: Profile): Record<string, string | number> {
  const json = JSON.stringify(profile);
  const fits = json.length <= chunkLength * chunkLimit;
  const text = fits ? json : deflateSync(json).toString("base64");
  const chunks = Math.ceil(text.length / chunkLength);
  if (chunks > chunkLimit)
    throw new MailkeepError("too-large", "the profile is too large to be kept; name fewer mailboxes or folders", {
      reason: "PROFILE_TOO_LARGE",
      field: "mailboxes.mailboxes",
    });
  const values: Record<string, string | number> = { name: profile.name, chunks, ...(!fits && { deflated: 1 }) };
  for (let i = 0; i < chunks; i++) values[`json${i}`] = text.slice(i * chunkLength, (i + 1) * chunkLength);
  return values;
}

function fromRow({ values, etag }: StoredRow): StoredProfile {
  let text = "";
  for (let i = 0; i < Number(values.chunks); i++) text += String(values[`json${i}`]);
  const json = values.deflated === 1 ? inflateSync(Buffer.from(text, "base64")).toString("utf8") : text;
  return { profile: JSON.parse(json) as Profile, etag };
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
