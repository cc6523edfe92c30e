// Create, replace and remove profiles.
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
  /** The connection as it is spelled. @throws invalid when there is none */
  connectionNamed(id: ConnectionId): Promise<ConnectionId>;
  /** @throws invalid or conflict when the profile's deletion rule may not be switched on as it is */
  assertMayDelete(input: ProfileInput, before: Profile | undefined): Promise<void>;
}

export async function createProfile(input: ProfileInput, deps: EditDeps): Promise<StoredProfile> {
  if (input.schedule !== null) await deps.assertSchedule(input.schedule);
  const connection = await deps.connectionNamed(input.connection);
  await deps.assertMayDelete({ ...input, connection }, undefined);
  const now = deps.clock.now().toISOString();
  return insertProfile(deps.rows, {
    ...input,
    connection,
    id: newProfileId(deps.random),
    createdAt: now,
    updatedAt: now,
  });
}

/** @throws precondition-failed when the etag is not the current one */
export async function changeProfile(
  id: ProfileId,
  input: ProfileInput,
  etag: string,
  deps: EditDeps,
): Promise<StoredProfile> {
  if (input.schedule !== null) await deps.assertSchedule(input.schedule);
  const connection = await deps.connectionNamed(input.connection);
  const { profile } = await getProfile(deps.rows, id);
  await deps.assertMayDelete({ ...input, connection }, profile);
  const updatedAt = deps.clock.now().toISOString();
  return replaceProfile(deps.rows, { ...input, connection, id, createdAt: profile.createdAt, updatedAt }, etag);
}

export async function removeProfile(id: ProfileId, etag: string, { rows }: Pick<EditDeps, "rows">): Promise<void> {
  await getProfile(rows, id);
  await deleteProfile(rows, id, etag);
}
