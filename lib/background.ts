// What timers and queues ask for: work items, what the minute and the night bring.
import { type ArchiveDeps, archiveMailbox } from "./archive/archive-mailbox.js";
import { attachmentStore } from "./archive/attachments.js";
import { packMemory } from "./archive/pack-memory.js";
import { readHead as readAuditHead } from "./audit/tail.js";
import type { auditUseCases } from "./audit/use-cases.js";
import type { connectionUseCases } from "./connections/use-cases.js";
import type { ConnectionId, MailboxId, ProfileId } from "./core/ids.js";
import { minute } from "./core/time.js";
import { type Edges, version } from "./edges.js";
import { exportUseCases } from "./export/use-cases.js";
import { headUseCases } from "./heads/use-cases.js";
import { housekeepingUseCases } from "./housekeeping/use-cases.js";
import { askKind } from "./mailboxes/ask-kind.js";
import { isClaimed } from "./mailboxes/claim.js";
import { enterUsers, type SyncDeps } from "./mailboxes/enter.js";
import { type SyncReport, syncDirectory } from "./mailboxes/sync.js";
import { measureWork, workNamed } from "./measure.js";
import { night } from "./night.js";
import { closeIfSmall, tidyRuns } from "./runs/close-run.js";
import { failMailbox, failRun, type StartDeps, startRun } from "./runs/start-run.js";
import { startDueRuns } from "./schedule/start-due-runs.js";
import { verifyUseCases } from "./verify/verifications.js";
import type { WorkItem } from "./work/item.js";
import { lastOut } from "./work/last-out.js";
import { readItem } from "./work/read-item.js";

/** An invocation works this long, well inside host.json's functionTimeout of 15 minutes, and then hands on. */
const invocationBudgetMs = 8 * minute;

/** An open mailbox without a sign of life for so long, and without a claim, is sent out again. */
const abandonedAfterMs = 2 * minute;

export const openHeads = (edges: Edges) =>
  headUseCases({ ...edges, program: `mailkeep ${version}`, auditEnd: () => readAuditHead(edges.rows) });

export type Connections = ReturnType<typeof connectionUseCases>;

/** `connections` and `stopping` are shared with the rest of the app. */
export function backgroundUseCases(
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

  const archiveOne = mailboxWork(archive, edges);

  async function work(item: WorkItem): Promise<void> {
    if (item.kind === "start-run")
      return startRun(
        item.run,
        { ...edges, ...directoryOf(edges), assertWorking: connections.assertWorking },
        item.attempt,
      );
    if (item.kind === "verify") return verify.work(item);
    if (item.kind === "export") return exports.work(item.export);
    if (item.kind === "head") return heads.work(item.head);
    if (item.kind === "housekeeping") return housekeeping.work(item.housekeeping);
    if (item.kind === "probe") return;
    return archiveOne(item);
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
        isBound: connections.mayBeUsed,
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

/** Works on one mailbox, hands it on, and looks after the run. */
function mailboxWork(archive: ArchiveDeps, edges: Edges) {
  const workers = lastOut((run) => closeIfSmall(run, edges));
  return async (item: Extract<WorkItem, { kind: "archive-mailbox" }>): Promise<void> => {
    let ended = false;
    workers.enter(item.run);
    try {
      const step = await archiveMailbox(item, archive);
      if (step.kind === "again") await edges.queue.send(JSON.stringify(step.item), { delayMs: step.delayMs });
      else ended = step.ended;
    } finally {
      await workers.leave(item.run, ended);
    }
  };
}

const scheduledRun = (profile: ProfileId) => ({ action: "runProfile", object: `profiles/${profile}` });
const nightlyShare = { action: "startVerification", object: "verify" };
const nightlyHead = { action: "createHead", object: "heads" };

const poisoned = {
  code: "WORK_ITEM_POISONED",
  message: "the work failed again and again; the log says how; mend the cause and run the profile again",
};

const directoryOf = (edges: Edges): Pick<StartDeps, "syncDirectory" | "enterUsers"> => ({
  syncDirectory: (connection) => sync(edges, connection),
  enterUsers: async (connection, users, before) => enterUsers(users, before, await syncDeps(edges, connection)),
});

export async function sync(edges: Edges, connection: ConnectionId): Promise<SyncReport> {
  return syncDirectory(await syncDeps(edges, connection));
}

async function syncDeps(edges: Edges, connection: ConnectionId): Promise<SyncDeps> {
  const tenant = await edges.tenants.of(connection);
  const probe = (id: MailboxId) => askKind(id, { ...edges, tenant });
  const { directory } = tenant;
  return { ...edges, connection, directory, connections: edges.tenants.connections, probe };
}
