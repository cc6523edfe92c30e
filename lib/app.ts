// The composition root: settings and the machine in, a record of use cases out. With background.ts the only place that sees
// every room.
import { type FoldersView, showFolders } from "./archive/show-folders.js";
import { auditUseCases } from "./audit/use-cases.js";
import { witnessedTenants } from "./audit/witnessed-tenants.js";
import { backgroundUseCases, type Connections, openHeads, sync } from "./background.js";
import { loadApplied } from "./catalog/messages.js";
import { type Owed, owedMessages } from "./catalog/quarantine.js";
import { bringUpToDate } from "./catalog/replay.js";
import { sowConnections } from "./connections/seed.js";
import { connectionUseCases } from "./connections/use-cases.js";
import { type ConnectionId, defaultConnection, type MailboxId, type MessageKey, type ProfileId } from "./core/ids.js";
import type { Page, PageRequest } from "./core/page.js";
import { told } from "./core/told.js";
import { assertMayDelete } from "./deletion/enable.js";
import { deletionUseCases } from "./deletion/use-cases.js";
import type { Edges } from "./edges.js";
import { exportUseCases } from "./export/use-cases.js";
import { type Health, health } from "./health.js";
import { housekeepingUseCases } from "./housekeeping/use-cases.js";
import { assertOverrides } from "./mailboxes/assert-overrides.js";
import { getMailbox } from "./mailboxes/mailbox.js";
import { type MailboxDetail, type MailboxView, showMailbox, showMailboxes } from "./mailboxes/show-mailboxes.js";
import { assertSnapshot } from "./mailboxes/snapshot.js";
import type { SyncReport } from "./mailboxes/sync.js";
import { previewUseCases } from "./preview/use-cases.js";
import { changeProfile, createProfile, removeProfile } from "./profiles/edit.js";
import type { Profile, ProfileInput } from "./profiles/profile.js";
import { getProfile, listProfiles, type StoredProfile } from "./profiles/repo.js";
import { reachUseCases } from "./reach/use-cases.js";
import { type Attachment, listAttachments, type OpenAttachment, openAttachment } from "./reading/attachments.js";
import { findEml, type StoredEml } from "./reading/eml.js";
import type { ListQuery } from "./reading/input.js";
import { listArchive, type MessagePage } from "./reading/list.js";
import { type MessageDetail, readMessage } from "./reading/message.js";
import { requestRun } from "./runs/request-run.js";
import { showRun } from "./runs/show-runs.js";
import { runUseCases } from "./runs/use-cases.js";
import type { RunView } from "./runs/view.js";
import { assertSchedule } from "./schedule/edit.js";
import { scheduleUseCases } from "./schedule/use-cases.js";
import { searchUseCases } from "./search/use-cases.js";
import { verifyUseCases } from "./verify/verifications.js";

export type { ExportView } from "./export/view.js";
export type { Health };

export type App = ReturnType<typeof composeApp>;

export { type Edges, openEdges, version } from "./edges.js";

export function composeApp(outside: Edges) {
  let stopping = false;
  const ready = onceSown(outside);
  const audit = openAudit({ ...outside, ready });
  const edges = { ...outside, ready, tenants: witnessedTenants(outside.tenants, audit.record) };
  const connections = connectionUseCases({ ...edges, ...edges.connections });
  return {
    ...afterReady(
      edges,
      backgroundUseCases({ ...edges, audit }, connections, () => stopping),
    ),
    /** The instance is being taken away: mailboxes at work commit what they have and hand on to the next instance. */
    stop: () => {
      stopping = true;
      return audit.flush().catch((error: unknown) => outside.log.warn("audit not flushed", told(error)));
    },
    audit,
    mailboxes: afterReady(edges, mailboxUseCases(edges)),
    messages: afterReady(edges, messageUseCases(edges)),
    connections: afterReady(edges, connections),
    preview: afterReady(edges, previewUseCases({ ...edges, ...drafts(edges) })),
    profiles: afterReady(edges, profileUseCases(edges, connections)),
    /** Not after `ready`: storage that is not is what a test must be able to say. */
    reach: reachUseCases({ ...edges, ...drafts(edges) }),
    runs: afterReady(edges, runUseCases(edges)),
    schedules: afterReady(edges, scheduleUseCases(edges)),
    verify: afterReady(edges, verifyUseCases(edges)),
    exports: afterReady(edges, exportUseCases(edges)),
    deletions: afterReady(edges, deletionUseCases(edges)),
    heads: afterReady(edges, openHeads(edges)),
    search: afterReady(edges, searchUseCases(edges)),
    health: () => health(edges, { owed: openHeads(edges).owed, ofConnections: connections.warnings }),
    housekeeping: afterReady(edges, housekeepingUseCases(edges)),
  };
}

/** The connections of the settings are made before anything else is done; where that fails it is tried again. */
function onceSown({ ready, connections: { seeds = [] }, ...edges }: Edges): () => Promise<void> {
  let sown: Promise<void> | undefined;
  if (seeds.length === 0) return ready;
  return async () => {
    await ready();
    sown ??= sowConnections(seeds, edges).catch((error: unknown) => {
      sown = undefined;
      throw error;
    });
    await sown;
  };
}

/** What a profile that is not saved yet must pass as one that is. */
const drafts = (edges: Edges) => ({
  assertDraft: async ({ schedule }: Pick<ProfileInput, "schedule">): Promise<void> => {
    if (schedule !== null) await assertSchedule(schedule, edges);
  },
});

/**
 * A refusal is answered even where storage is not: it is written when it can be. An instance that ends waits for storage
 * only where there is something to write.
 */
function openAudit(edges: Edges) {
  const { refused, flush, ...others } = auditUseCases({ ...edges, beforeRefusal: edges.ready });
  return { ...afterReady(edges, others), refused, flush };
}

// biome-ignore lint/suspicious/noExplicitAny: any function may be made to wait
type UseCases = Record<string, (...args: any[]) => Promise<unknown>>;

/** No use case runs before storage is ready. */
function afterReady<T extends UseCases>({ ready }: Edges, useCases: T): T {
  const waiting = Object.entries(useCases).map(([name, run]) => [
    name,
    async (...args: unknown[]) => {
      await ready();
      return run(...args);
    },
  ]);
  return Object.fromEntries(waiting) as T;
}

function mailboxUseCases(edges: Edges) {
  const { rows } = edges;
  return {
    async list(request: PageRequest & { connection?: ConnectionId }): Promise<Page<MailboxView>> {
      if (request.connection !== undefined) await edges.tenants.of(request.connection);
      return showMailboxes(request, rows);
    },
    get: (id: MailboxId): Promise<MailboxDetail> => showMailbox(id, rows),
    async folders(id: MailboxId): Promise<FoldersView> {
      const { connection } = await getMailbox(rows, id);
      const { mail } = await edges.tenants.of(connection);
      return showFolders(id, { ...edges, mail });
    },
    /** What is owed another try, or given up. */
    async quarantine(id: MailboxId): Promise<Owed[]> {
      const owed: Owed[] = [];
      for await (const message of owedMessages(rows, id)) owed.push(message);
      return owed;
    },
    sync: (connection: ConnectionId = defaultConnection): Promise<SyncReport> => sync(edges, connection),
    /** Applies what the ledger holds and the tables do not; regrows them where they are lost. */
    async regrow(id: MailboxId): Promise<{ seq: number; messages: number }> {
      const { head, messages } = await bringUpToDate(id, edges);
      return { seq: head.seq, messages };
    },
  };
}

function messageUseCases(edges: Edges) {
  const { rows } = edges;
  return {
    /** An archive that is empty and a mailbox that nobody knows are different answers. */
    async list(id: MailboxId, query: ListQuery): Promise<MessagePage> {
      if ((await loadApplied(rows, id)).head.seq === 0) await getMailbox(rows, id);
      return listArchive(edges, id, query);
    },
    get: (id: MailboxId, key: MessageKey): Promise<MessageDetail> => readMessage(edges, id, key),
    eml: (id: MailboxId, key: MessageKey): Promise<StoredEml> => findEml(edges, id, key),
    attachments: (id: MailboxId, key: MessageKey): Promise<Attachment[]> => listAttachments(edges, id, key),
    attachment: (id: MailboxId, key: MessageKey, number: number): Promise<OpenAttachment> =>
      openAttachment(edges, id, key, number),
  };
}

function profileUseCases(edges: Edges, connections: Connections) {
  const { rows } = edges;
  const editing = {
    ...edges,
    assertSchedule: (schedule: NonNullable<ProfileInput["schedule"]>) => assertSchedule(schedule, edges),
    connectionNamed: connections.named,
    assertOverrides: (input: ProfileInput) => assertOverrides(input, rows),
    assertMayDelete: (input: ProfileInput, before?: Profile) => assertMayDelete(input, before, edges),
  };
  return {
    async list(): Promise<StoredProfile[]> {
      const all: StoredProfile[] = [];
      for await (const stored of listProfiles(rows)) all.push(stored);
      return all;
    },
    get: (id: ProfileId): Promise<StoredProfile> => getProfile(rows, id),
    create: (input: ProfileInput): Promise<StoredProfile> => createProfile(input, editing),
    replace: (id: ProfileId, input: ProfileInput, etag: string): Promise<StoredProfile> =>
      changeProfile(id, input, etag, editing),
    remove: (id: ProfileId, etag: string): Promise<void> => removeProfile(id, etag, edges),
    /** The new run, or the one of this profile that is still open. */
    async run(id: ProfileId): Promise<{ run: RunView; isNew: boolean }> {
      const { profile } = await getProfile(rows, id);
      await assertSnapshot(profile, rows);
      await connections.assertTested(profile.connection);
      const { run, isNew } = await requestRun(profile, "manual", edges);
      return { run: await showRun(run.id, rows), isNew };
    },
  };
}
