// A profile about to be saved: two of its overrides may mean one mailbox, under two of its names, which the directory knows.
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { RowStore } from "../ports/row-store.js";
import type { ProfileInput } from "../profiles/profile.js";
import { conflictIn } from "./overrides.js";
import { loadSnapshot, type Snapshot } from "./snapshot.js";

/** @throws MailkeepError `invalid` (OVERRIDE_CONFLICT), naming the field. What nobody knows yet, the run finds out. */
export async function assertOverrides({ connection, overrides }: ProfileInput, rows: RowStore): Promise<void> {
  if (overrides.length < 2) return;
  const conflict = conflictIn(overrides, (await knownDirectory(rows, connection))?.entries ?? []);
  if (conflict === undefined) return;
  const { field, message } = conflict;
  throw new MailkeepError("invalid", `${field} ${message}`, { reason: "OVERRIDE_CONFLICT", field });
}

async function knownDirectory(rows: RowStore, connection: ProfileInput["connection"]): Promise<Snapshot | undefined> {
  try {
    return await loadSnapshot(rows, connection);
  } catch (error) {
    if (isMailkeepError(error, "conflict") && error.reason === "DIRECTORY_SYNC_REQUIRED") return undefined;
    throw error;
  }
}
