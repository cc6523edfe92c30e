// A run and one mailbox's part of it, as rows.
import { memoryRowStore } from "../../../lib/adapters/memory/row-store.js";
import { defaultConnection, type MailboxId, type ProfileId, type RunId } from "../../../lib/core/ids.js";
import { ProfileInput } from "../../../lib/profiles/profile.js";
import { sealValues } from "../../../lib/profiles/settings.js";
import { insertParts, insertRun } from "../../../lib/runs/repo.js";
import { type MailboxRun, newMailboxRun, type Run } from "../../../lib/runs/run.js";

export const runId = "r_8228000000000_00000001" as RunId;
export const box = "0f6a2b1c-1111-4222-8333-444455556666" as MailboxId;
export const now = new Date("2026-03-01T08:00:00Z");

export const aRun = (change: Partial<Run> = {}): Run => ({
  id: runId,
  profile: "p_0000000000000001" as ProfileId,
  profileName: "All mail",
  connection: defaultConnection,
  trigger: "manual",
  values: sealValues(ProfileInput.parse({ name: "All mail", mailboxes: { mode: "all" } })),
  status: "running",
  requestedAt: now.toISOString(),
  startedAt: now.toISOString(),
  chosen: 1,
  cancelRequested: false,
  problems: [],
  ...change,
});

export const aPart = (change: Partial<MailboxRun> = {}): MailboxRun => ({
  ...newMailboxRun(runId, { mailbox: box, address: "a@contoso.example", displayName: "A", named: false }, now),
  ...change,
});

export async function stored({ run = aRun(), part = aPart() } = {}) {
  const rows = memoryRowStore();
  await insertRun(rows, run);
  await insertParts(rows, runId, [part]);
  return rows;
}
