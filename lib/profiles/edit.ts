// Create, replace and remove profiles.
import { isMailkeepError } from "../core/errors.js";
import type { ConnectionId, ProfileId, Random } from "../core/ids.js";
import { newProfileId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { RowStore } from "../ports/row-store.js";
import type { Profile, ProfileInput } from "./profile.js";
import { deleteProfile, getProfile, insertProfile, replaceProfile, type StoredProfile } from "./repo.js";

export interface EditDeps {
  rows: RowStore;
  clock: Clock;
  random: Random;
  /** @throws invalid, naming the field: times that never come, or a schedule that is not there */
  assertSchedule(schedule: NonNullable<ProfileInput["schedule"]>): Promise<void>;
  /** The connection as it is spelled. @throws invalid when there is none, conflict while it is being removed */
  connectionNamed(id: ConnectionId): Promise<ConnectionId>;
  /** @throws invalid (OVERRIDE_CONFLICT), naming the field, when two overrides mean one mailbox */
  assertOverrides(input: ProfileInput): Promise<void>;
  /** @throws invalid or conflict when the profile's deletion rule may not be switched on as it is */
  assertMayDelete(input: ProfileInput, before: Profile | undefined): Promise<void>;
}

export async function createProfile(input: ProfileInput, deps: EditDeps): Promise<StoredProfile> {
  const whole = await checked(input, undefined, deps);
  const now = deps.clock.now().toISOString();
  const times = { createdAt: now, updatedAt: now };
  const stored = await insertProfile(deps.rows, { ...whole, id: newProfileId(deps.random), ...times });
  await stillThere(whole, deps, () => deleteProfile(deps.rows, stored.profile.id, stored.etag));
  return stored;
}

/**
 * A connection or a schedule may have been removed between the look and the write: whoever removes it does not see the
 * profile, so the profile looks again, and is taken back. Another change of it that came meanwhile stands, and looks for itself.
 */
async function stillThere(
  { connection, schedule }: ProfileInput,
  deps: EditDeps,
  takeBack: () => Promise<unknown>,
): Promise<void> {
  try {
    await deps.connectionNamed(connection);
    if (schedule !== null && "ref" in schedule) await deps.assertSchedule(schedule);
  } catch (error) {
    if (!isMailkeepError(error, "invalid", "conflict")) throw error;
    await takeBack().catch((late: unknown) => {
      if (!isMailkeepError(late, "precondition-failed", "not-found")) throw late;
    });
    throw error;
  }
}

/** Whatever else the profile names is looked at before it is kept. */
async function checked(input: ProfileInput, before: Profile | undefined, deps: EditDeps): Promise<ProfileInput> {
  if (input.schedule !== null) await deps.assertSchedule(input.schedule);
  const whole = { ...input, connection: await deps.connectionNamed(input.connection) };
  await deps.assertOverrides(whole);
  await deps.assertMayDelete(whole, before);
  return whole;
}

/** @throws precondition-failed when the etag is not the current one */
export async function changeProfile(
  id: ProfileId,
  input: ProfileInput,
  etag: string,
  deps: EditDeps,
): Promise<StoredProfile> {
  const { profile } = await getProfile(deps.rows, id);
  const whole = await checked(input, profile, deps);
  const updatedAt = deps.clock.now().toISOString();
  const next = { ...whole, id, createdAt: profile.createdAt, updatedAt };
  const stored = await replaceProfile(deps.rows, next, etag);
  await stillThere(whole, deps, () => replaceProfile(deps.rows, profile, stored.etag));
  return stored;
}

export async function removeProfile(id: ProfileId, etag: string, { rows }: Pick<EditDeps, "rows">): Promise<void> {
  await getProfile(rows, id);
  await deleteProfile(rows, id, etag);
}
