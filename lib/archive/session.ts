// One stretch of work on one mailbox: walkers put what they find into a channel, workers take it out, and the writer
// commits what they bring. It ends when all is read, when time is up, or at the first fault that concerns the whole mailbox.
import type { Owed } from "../catalog/quarantine.js";
import type { Waiting } from "../catalog/waiting.js";
import { type Channel, channel } from "../core/channel.js";
import type { FolderId, ImmutableId, ProfileId, RunId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { Judge } from "../profiles/verdict.js";
import { type Asked, ask } from "./ask.js";
import type { AttachmentStore } from "./attachments.js";
import type { FolderPlace } from "./decide.js";
import { takeDue, type WaitingList } from "./due.js";
import type { Wanted } from "./fetch.js";
import { takeIn } from "./take-in.js";
import type { Settle } from "./tickets.js";
import type { Tree } from "./tree.js";
import type { ArchiveWriter } from "./writer.js";

/** Something for a worker to do about one message. */
export type Task = { settle: Settle } & (
  | { kind: "fetch"; wanted: Wanted }
  /** Ask the mailbox where a message is now, and treat it accordingly. */
  | ({ kind: "ask" } & Asked)
  /** It was too young for the filter, and is old enough now. */
  | { kind: "due"; waiting: Waiting }
);

export interface Session {
  reader: MailboxReader;
  writer: ArchiveWriter;
  attachments: AttachmentStore;
  tree: Tree;
  profile: ProfileId;
  filter: Judge;
  /** When this stretch began: the time by which the filter judges. */
  now: Date;
  run: RunId;
  runStartedAt: string;
  /** Messages in quarantine: one that is settled leaves, one that fails enters, before the commit that says so. */
  owed: Map<ImmutableId, Owed>;
  /** Messages that were gone when their turn came: a round that tells of one again counts it once. */
  gone: Set<ImmutableId>;
  /** Messages that the profile has waited for, while a worker is at them. */
  due: Map<ImmutableId, Waiting>;
  waiting: WaitingList;
  clock: Clock;
  /** True when the invocation should come to an end: walkers stop after their page, workers after their message. */
  timeIsUp(): boolean;
  tasks: Channel<Task>;
  /** A folder that the tree leaves out, hidden or made since, by id; undefined when there is none such. */
  otherFolder(id: FolderId): Promise<FolderPlace | undefined>;
  /** One decision at a time for each message, whichever folders speak of it. */
  busy: Map<ImmutableId, Promise<void>>;
  /** Rejects when the session has failed; never resolves. */
  failure: Promise<never>;
}

/** Tasks waiting for a worker: enough to keep four requests in flight, few enough to forget when time is up. */
const taskCapacity = 500;

/**
 * Workers beside each other. Four requests may be in flight (the reader sees to it); the other workers split, store
 * attachments and pack meanwhile, or wait for their turn to do so, and a free slot is taken at once. With twelve, sixteen full
 * mailboxes took up to 507 of the 512 MiB they may have (`npm run bench -- --only memory`, 22 November 2026).
 */
export const workersPerMailbox = 10;

export const openTasks = (): Channel<Task> => channel<Task>(taskCapacity);

/** How the mailbox has been doing: shared by its workers. */
export interface Health {
  failures: number;
}

/** Takes tasks until the channel is closed and empty. */
export async function workOff(session: Session, health: Health): Promise<void> {
  for (let task = await session.tasks.pull(); task !== undefined; task = await session.tasks.pull()) {
    // What is left when time is up stays unsettled: its page is read again next time.
    if (session.timeIsUp()) {
      task.settle(false);
      continue;
    }
    if (task.kind === "ask") await ask(session, task, health);
    else if (task.kind === "due") await takeDue(session, task.waiting, health);
    else await takeIn(session, task.wanted, health);
    task.settle(true);
  }
}
