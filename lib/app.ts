// The composition root: settings and the machine in, a record of use cases out. The only place that sees every room.
import { type ArchiveDeps, archiveMailbox, type NextStep } from "./archive/archive-mailbox.js";
import { attachmentStore } from "./archive/attachments.js";
import { packMemory } from "./archive/pack-memory.js";
import { type FoldersView, showFolders } from "./archive/show-folders.js";
import { readHead as readAuditHead } from "./audit/tail.js";
import { auditUseCases } from "./audit/use-cases.js";
import { witnessedTenants } from "./audit/witnessed-tenants.js";
import { loadApplied } from "./catalog/messages.js";
import { type Owed, owedMessages } from "./catalog/quarantine.js";
import { bringUpToDate } from "./catalog/replay.js";
import { connectionUseCases } from "./connections/use-cases.js";
import {
  type ConnectionId,
  defaultConnection,
  type MailboxId,
  type MessageKey,
  type ProfileId,
  type RunId,
} from "./core/ids.js";
import type { Page, PageRequest } from "./core/page.js";
import { minute } from "./core/time.js";
import { told } from "./core/told.js";
import { assertMayDelete } from "./deletion/enable.js";
import { deletionUseCases } from "./deletion/use-cases.js";
import { type Edges, version } from "./edges.js";
import { exportUseCases } from "./export/use-cases.js";
import { headUseCases } from "./heads/use-cases.js";
import { type Health, health } from "./health.js";
import { housekeepingUseCases } from "./housekeeping/use-cases.js";
import { askKind } from "./mailboxes/ask-kind.js";
import { isClaimed } from "./mailboxes/claim.js";
import { getMailbox } from "./mailboxes/mailbox.js";
import { type MailboxDetail, type MailboxView, showMailbox, showMailboxes } from "./mailboxes/show-mailboxes.js";
import { assertSnapshot } from "./mailboxes/snapshot.js";
import { type SyncReport, syncDirectory } from "./mailboxes/sync.js";
import { measureWork, workNamed } from "./measure.js";
import { night } from "./night.js";
import { previewUseCases } from "./preview/use-cases.js";
import { changeProfile, createProfile, removeProfile } from "./profiles/edit.js";
import type { Profile, ProfileInput } from "./profiles/profile.js";
import { getProfile, listProfiles, type StoredProfile } from "./profiles/repo.js";
import { reachUseCases } from "./reach/use-cases.js";
import { type Attachment, listAttachments, type OpenAttachment, openAttachment } from "./reading/attachments.js";
import { type OpenEml, openEml } from "./reading/eml.js";
import type { ListQuery } from "./reading/input.js";
import { listArchive, type MessagePage } from "./reading/list.js";
import { type MessageDetail, readMessage } from "./reading/message.js";
import { closeIfSmall, tidyRuns } from "./runs/close-run.js";
import { requestRun } from "./runs/request-run.js";
import { showRun } from "./runs/show-runs.js";
import { failMailbox, failRun, startRun } from "./runs/start-run.js";
import { runUseCases } from "./runs/use-cases.js";
import type { RunView } from "./runs/view.js";
import { assertSchedule } from "./schedule/edit.js";
import { startDueRuns } from "./schedule/start-due-runs.js";
import { scheduleUseCases } from "./schedule/use-cases.js";
import { searchUseCases } from "./search/use-cases.js";
import { verifyUseCases } from "./verify/verifications.js";
import type { WorkItem } from "./work/item.js";
import { readItem } from "./work/read-item.js";

export type { ExportView } from "./export/view.js";
export type { Health };

export type App = ReturnType<typeof composeApp>;

export { type Edges, openEdges, version } from "./edges.js";

/** An invocation works this long, well inside host.json's functionTimeout of 15 minutes, and then hands on. */
const invocationBudgetMs = 8 * minute;

/** An open mailbox without a sign of life for so long, and without a claim, is sent out again. */
const abandonedAfterMs = 2 * minute;

export function composeApp(outside: Edges) {
  let stopping = false;
  const audit = openAudit(outside);
  const edges = { ...outside, tenants: witnessedTenants(outside.tenants, audit.record) };
  const connections = connectionUseCases({ ...edges, ...edges.connections });
  return {
    ...afterReady(
      edges,
      workUseCases({ ...edges, audit }, connections, () => stopping),
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
    preview: afterReady(edges, previewUseCases(edges)),
    profiles: afterReady(edges, profileUseCases(edges, connections)),
    /** Not after `ready`: storage that is not is what a test must be able to say. */
    reach: reachUseCases(edges),
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

/** A refusal is answered even where storage is not: it is written when it can be. */
function openAudit(edges: Edges) {
  const { refused, ...others } = auditUseCases({ ...edges, beforeRefusal: edges.ready });
  return { ...afterReady(edges, others), refused };
}

const openHeads = (edges: Edges) =>
  headUseCases({ ...edges, program: `mailkeep ${version}`, auditEnd: () => readAuditHead(edges.rows) });

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

type Connections = ReturnType<typeof connectionUseCases>;

/** What timers and queues ask for. */
function workUseCases(
  edges: Edges & { audit: ReturnType<typeof auditUseCases> },
  connections: Connections,
  stopping: () => boolean,
) {
  const { rows, queue, clock, random, log, audit } = edges;
  const verify = verifyUseCases(edges);
  const exports = exportUseCases(edges);
  const heads = openHeads(edges);
  const housekeeping = housekeepingUseCases(edges);
  const archive: ArchiveDeps = {
    ...edges,
    attachments: attachmentStore(edges),
    packMemory: packMemory(),
    budgetMs: invocationBudgetMs,
    stopping,
  };

  async function follow(step: NextStep, run: RunId): Promise<void> {
    if (step.kind === "again") await queue.send(JSON.stringify(step.item), { delayMs: step.delayMs });
    else if (step.ended) await closeIfSmall(run, edges);
  }

  async function work(item: WorkItem): Promise<void> {
    if (item.kind === "start-run")
      return startRun(item.run, { ...edges, syncDirectory: (connection) => sync(edges, connection) }, item.attempt);
    if (item.kind === "verify") return verify.work(item);
    if (item.kind === "export") return exports.work(item.export);
    if (item.kind === "head") return heads.work(item.head);
    if (item.kind === "housekeeping") return housekeeping.work(item.housekeeping);
    if (item.kind === "probe") return;
    return follow(await archiveMailbox(item, archive), item.run);
  }

  return {
    /** Runs one work item; throws for the queue to try again. */
    async work(text: string): Promise<void> {
      const item = readItem(text);
      return measureWork(item, () => work(item), edges);
    },

    /** Shows a person what the queue has given up on. */
    async poison(text: string): Promise<void> {
      const item = readItem(text);
      log.error("work item given up", workNamed(item));
      if (item.kind === "verify") return verify.poison(item);
      if (item.kind === "export") return exports.poison(item.export);
      if (item.kind === "head") return heads.poison(item.head);
      if (item.kind === "housekeeping") return housekeeping.poison(item.housekeeping);
      if (item.kind === "start-run") return failRun(item.run, poisoned, { ...edges, attempt: item.attempt ?? 0 });
      if (item.kind === "probe") return;
      await failMailbox(item.run, item.mailbox, poisoned, edges);
      return closeIfSmall(item.run, edges);
    },

    /** Each minute: starts what the schedules ask for. */
    async schedule(): Promise<void> {
      await startDueRuns({
        ...{ rows, queue, clock, random, log },
        isBound: connections.isBound,
        witness: (profile, request) => audit.scheduled(scheduledRun(profile), request, ({ run }) => `runs/${run.id}`),
      });
    },

    /** Each minute: ends finished runs and revives abandoned work. */
    async tidy(): Promise<void> {
      await tidyRuns({ ...edges, isClaimed: (mailbox) => isClaimed(mailbox, edges), abandonedAfterMs });
      await verify.tidy();
      await exports.tidy();
      await heads.tidy();
      await housekeeping.tidy();
    },

    /** Each night: asks when credentials expire, anchors the audit, vouches for all ledgers with a head, reads a share back. */
    nightly: (): Promise<void> =>
      night([
        connections.nightly,
        () => audit.scheduled(nightlyShare, verify.nightly, (id) => id && `verify/${id}`),
        audit.anchor,
        exports.nightly,
        () => audit.scheduled(nightlyHead, heads.nightly, (id) => `heads/${id}`),
      ]),
  };
}

const scheduledRun = (profile: ProfileId) => ({ action: "runProfile", object: `profiles/${profile}` });
const nightlyShare = { action: "startVerification", object: "verify" };
const nightlyHead = { action: "createHead", object: "heads" };

const poisoned = {
  code: "WORK_ITEM_POISONED",
  message: "the work failed again and again; the log says how; mend the cause and run the profile again",
};

async function sync(edges: Edges, connection: ConnectionId): Promise<SyncReport> {
  const tenant = await edges.tenants.of(connection);
  const probe = (id: MailboxId) => askKind(id, { ...edges, tenant });
  const { directory } = tenant;
  return syncDirectory({ ...edges, connection, directory, connections: edges.tenants.connections, probe });
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
    eml: (id: MailboxId, key: MessageKey): Promise<OpenEml> => openEml(edges, id, key),
    attachments: (id: MailboxId, key: MessageKey): Promise<Attachment[]> => listAttachments(edges, id, key),
    attachment: (id: MailboxId, key: MessageKey, number: number): Promise<OpenAttachment> =>
      openAttachment(edges, id, key, number),
  };
}

function profileUseCases(edges: Edges, connections: Connections) {
  const { rows } = edges;
  const editing = {
    ...edges,
    assertSchedule: (schedule: NonNullable<ProfileInput["schedule"]>) => assertSchedule(schedule, rows),
    connectionNamed: connections.named,
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
      await connections.assertBound(profile.connection);
      const { run, isNew } = await requestRun(profile, "manual", edges);
      return { run: await showRun(run.id, rows), isNew };
    },
  };
}
