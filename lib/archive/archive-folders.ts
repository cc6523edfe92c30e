// One invocation's work on a mailbox whose claim is held: brings the tables up to the ledger, sets the session up and lets
// producers and workers run until all is read, time is up, the run is cancelled, or the mailbox as a whole fails.
import { loadCursors } from "../catalog/cursors.js";
import { type Applied, type KnownFolder, knownFolders } from "../catalog/messages.js";
import { isOwedBy, type Owed, type OwedPlace, owedMessages } from "../catalog/quarantine.js";
import { bringUpToDate } from "../catalog/replay.js";
import type { FolderId, ImmutableId, MailboxId } from "../core/ids.js";
import { second } from "../core/time.js";
import { told } from "../core/told.js";
import { type Intent, openIntents } from "../deletion/intents.js";
import { afterRead, noteAccess } from "../mailboxes/access.js";
import type { Claim } from "../mailboxes/claim.js";
import type { MailboxReader } from "../ports/mail-source.js";
import type { TenantEdge } from "../ports/tenants.js";
import type { MailboxSettings } from "../profiles/settings.js";
import type { Judge } from "../profiles/verdict.js";
import { findRun } from "../runs/repo.js";
import type { MailboxRun, Problem } from "../runs/run.js";
import type { RunAtWork } from "../runs/settings.js";
import { missWhatWasThere } from "./absent.js";
import type { ArchiveDeps, PartDeps } from "./archive-mailbox.js";
import { archivedMessages } from "./archived.js";
import { retryOwed } from "./consider.js";
import { type Counts, openCounts } from "./counts.js";
import { retrieveDue, waitingList } from "./due.js";
import { isDue } from "./owed.js";
import { readAhead } from "./read-ahead.js";
import { openTasks, type Session, workersPerMailbox, workOff } from "./session.js";
import { concerns, folderEvents, readTree, type Tree, vanishedFolders } from "./tree.js";
import { treeProblems } from "./tree-problems.js";
import { leaveVanishedFolders, type Walk, walkFolders } from "./walk.js";
import { type ArchiveWriter, type Committed, openWriter, type WriterHooks } from "./writer.js";

export interface Stretch {
  run: RunAtWork;
  part: MailboxRun;
  claim: Claim;
  reader: MailboxReader;
  /** What holds for the mailbox. */
  settings: MailboxSettings;
  /** What the profile wants of the messages in its folders. */
  filter: Judge;
  /** By the monotonic clock. */
  deadlineMs: number;
}

export type Outcome = "complete" | "more" | "cancelled";

export interface Read {
  outcome: Outcome;
  counts: MailboxRun;
  tree: Tree;
  /** Intents to delete that a dead worker left behind: of this work there are none yet. */
  intents: Intent[];
}

export async function archiveFolders(stretch: Stretch, deps: PartDeps & { tenant: TenantEdge }): Promise<Read> {
  const { run, part, reader, settings } = stretch;
  const { tree, state, ahead, shut, listings } = await readMailbox(stretch, deps);
  const [{ applied, owed, owedNow, counts }, known, cursors, intents] = state;
  const isOurs = (place: OwedPlace) =>
    isOwedBy(place, run.profile) && concerns(tree, known, place.folderId as FolderId);
  counts.plan(tree, isOurs);
  counts.inVain(reader.unanswered());
  for (const problem of treeProblems(tree, part.named || settings.overridden.includes("folders")))
    counts.problem(problem);
  const saving = counts.save();

  const stop = stopSigns(stretch, counts, deps);
  const leavePackMemory = deps.packMemory.enter();
  const failure = firstFailure();
  let allRead = false;
  let noted: Promise<void> | undefined;
  const note = () => (noted ??= noteRead(part.mailbox, deps));
  const onCommit = ({ record, known, applied }: Committed) => {
    counts.committed(record, known, applied);
    // The mailbox's end says it all once more.
    if (!allRead) Promise.all([counts.save(), note()]).catch(failure.fail);
  };
  const hooks = { after: saving, onCommit, onFailure: failure.fail };
  const writer = openArchiveWriter({ applied, owedNow, counts, hooks }, stretch, deps);
  counts.watch(writer.waiting);
  const session = openSession({ stretch, tree, owed, writer, timeIsUp: stop.timeIsUp, failure: failure.promise }, deps);
  failure.promise.catch((reason) => session.tasks.fail(reason));
  saving.catch(failure.fail);
  stretch.claim.signal.addEventListener("abort", () => failure.fail(stretch.claim.signal.reason), { once: true });
  try {
    const archived = archivedMessages(deps.rows, part.mailbox, applied.head.seq > 0);
    const { folderDone: onFolderDone, problem: onProblem } = counts;
    const walk = { session, archived, ahead, cursors, listings, shut, onFolderDone, onProblem };
    const readAll = await produceAndWork(walk, { run, known, isOurs }, failure);
    allRead = true;
    await together(writer.flush(), note(), saving);
    const outcome = stop.cancelled() ? "cancelled" : readAll ? "complete" : "more";
    counts.inVain(reader.unanswered());
    const end = counts.current();
    if (outcome !== "complete")
      return { outcome, counts: { ...end, listings: [...listings.values()], shut: shutFolders(shut) }, tree, intents };
    const { listings: _, shut: __, ...rest } = end;
    // A folder that stayed shut is not dealt with, whatever it says it holds.
    return { outcome, counts: { ...rest, done: end.problems.length > 0 ? end.done : end.total }, tree, intents };
  } catch (error) {
    // What was fetched before the fault is worth keeping; a writer that failed itself says so again, and is not heard.
    // That the mailbox could be read is written down before anybody writes down that it was refused.
    await Promise.allSettled([writer.flush(), noted]);
    await counts.save();
    throw error;
  } finally {
    await ahead.settled();
    stop.end();
    leavePackMemory();
  }
}

/** Its folders and what the tables say of it, beside each other; the first pages are asked for meanwhile. */
async function readMailbox(stretch: Stretch, deps: PartDeps) {
  const { part, reader, settings } = stretch;
  const { reading, cursors } = readState(stretch, deps);
  const ahead = readAhead(reader, cursors);
  const shut = new Map((part.shut ?? []).map(({ folderId, problem }) => [folderId, problem]));
  const listings = new Map((part.listings ?? []).map((listing) => [listing.folderId, listing]));
  const isPastLinks = (folder: FolderId) => shut.has(folder) || listings.get(folder)?.linksDie;
  const begin = (folder: FolderId) => (isPastLinks(folder) ? undefined : ahead.begin(folder));
  const wishes = { onWanted: begin, known: async () => [...(await reading)[1].keys()] };
  const [tree, state] = await together(readTree(reader, settings.folders, wishes), reading).catch(async (error) => {
    await ahead.settled();
    throw error;
  });
  return { tree: missWhatWasThere(tree, state[1]), state, ahead, shut, listings };
}

const shutFolders = (shut: ReadonlyMap<string, Problem>): NonNullable<MailboxRun["shut"]> =>
  [...shut].map(([folderId, problem]) => ({ folderId, problem }));

/** All are waited for even if one fails: nothing may still be asked of the mailbox once its claim is given back. */
async function together<T extends Promise<unknown>[]>(...all: T) {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** What the tables say of the mailbox, brought up to its ledger; the cursors by themselves, because others wait for them. */
function readState(stretch: Stretch, deps: PartDeps) {
  const { run, part, filter } = stretch;
  const { rows, blobs } = deps;
  const upToDate = bringUpToDate(part.mailbox, { rows, blobs });
  const cursors = upToDate.then(() => loadCursors(rows, part.mailbox, { profile: run.profile, scope: filter.scope }));
  const counted = async () => {
    const applied = await upToDate;
    const owed = await owedById(stretch, deps);
    const owedNow = new Map<string, OwedPlace>(owed);
    return { applied, owed, owedNow, counts: await openCounts(part, applied, owedNow, deps) };
  };
  const folders = upToDate.then(() => knownFolders(rows, part.mailbox));
  const intents = upToDate.then(() => openIntents(rows, part.mailbox));
  const reading = together(counted(), folders, cursors, intents, deps.attachments.refresh());
  return { reading, cursors };
}

async function noteRead(mailbox: MailboxId, deps: PartDeps & { tenant: TenantEdge }): Promise<void> {
  const { roles } = await deps.tenant.tokenFacts();
  await noteAccess(mailbox, (before) => afterRead(before, mailbox, { roles, now: deps.clock.now() }), deps);
}

async function owedById({ part }: Stretch, { rows }: ArchiveDeps): Promise<Map<ImmutableId, Owed>> {
  const owed = new Map<ImmutableId, Owed>();
  for await (const message of owedMessages(rows, part.mailbox)) owed.set(message.id, message);
  return owed;
}

/** How often a wish to cancel is looked for, and progress saved between commits. */
const glanceEveryMs = 5 * second;

function stopSigns({ run, deadlineMs }: Stretch, counts: Counts, { rows, clock, ticker, log, stopping }: ArchiveDeps) {
  let cancelled = false;
  const glance = async () => {
    cancelled ||= (await findRun(rows, run.id))?.value.cancelRequested ?? false;
    await counts.save();
  };
  const warn = (error: unknown) => log.warn("progress not saved", { run: run.id, ...told(error) });
  const end = ticker.every(glanceEveryMs, () => void glance().catch(warn));
  const timeIsUp = () => cancelled || stopping() || clock.monotonicMs() >= deadlineMs;
  return { timeIsUp, cancelled: () => cancelled, end };
}

/** The first fault of any producer, worker or commit is the reason the session ends. */
function firstFailure() {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // Those who wait race with it; nobody may be waiting.
  return { promise, fail: reject };
}

type Failure = ReturnType<typeof firstFailure>;

function openArchiveWriter(
  parts: { applied: Applied; owedNow: Map<string, OwedPlace>; counts: Counts; hooks: WriterHooks },
  { run, part, claim }: Stretch,
  deps: ArchiveDeps,
): ArchiveWriter {
  const place = { mailbox: part.mailbox, run: run.id, owed: parts.owedNow, assertOurs: () => claim.assertHeld() };
  const expected = parts.counts.current().total - parts.applied.messages;
  return openWriter(parts.applied, place, { ...deps, packBytes: deps.packMemory.share, expected }, parts.hooks);
}

function openSession(
  parts: Pick<Session, "tree" | "owed" | "writer" | "timeIsUp" | "failure"> & { stretch: Stretch },
  { attachments, clock, rows }: ArchiveDeps,
): Session {
  const { stretch, ...given } = parts;
  const { run, part, reader, filter } = stretch;
  const now = clock.now();
  return {
    ...given,
    reader,
    attachments,
    clock,
    profile: run.profile,
    filter,
    now,
    due: new Map(),
    waiting: waitingList(rows, part.mailbox, { profile: run.profile, filter, now }),
    run: run.id,
    runStartedAt: run.startedAt ?? run.requestedAt,
    tasks: openTasks(),
    busy: new Map(),
    gone: new Set(),
    otherFolder: otherFolders(reader),
  };
}

interface Plan {
  run: RunAtWork;
  known: ReadonlyMap<string, KnownFolder>;
  isOurs(owed: OwedPlace): boolean;
}

/** Producers fill the channel while workers empty it. Returns whether everything was read. */
async function produceAndWork(walk: Walk, { run, known, isOurs }: Plan, failure: Failure): Promise<boolean> {
  const { session } = walk;
  const health = { failures: 0 };
  const workers = Array.from({ length: workersPerMailbox }, () => workOff(session, health).catch(failure.fail));
  const produce = async () => {
    await session.writer.note(folderEvents(session.tree, known));
    await retryOwed(session, owedTries(session, run, isOurs));
    await retrieveDue(session);
    const read = await walkFolders(walk);
    return read && leaveVanishedFolders(walk, vanishedFolders(session.tree, known));
  };
  const read = await produce().catch((error: unknown) => {
    failure.fail(error);
    return false;
  });
  session.tasks.close();
  await Promise.all(workers);
  await Promise.race([failure.promise, Promise.resolve()]); // throws what failed first, if anything did
  return read && !session.timeIsUp();
}

/** Messages in quarantine that this run owes a try; those in folders it does not read are another profile's. */
function owedTries({ owed, clock }: Session, run: RunAtWork, isOurs: (owed: OwedPlace) => boolean): Owed[] {
  const when = { startedAt: run.startedAt ?? run.requestedAt, trigger: run.trigger };
  return [...owed.values()].filter((message) => isDue(message, when, clock.now()) && isOurs(message));
}

/** Looked up when first needed: most mailboxes never need it. */
function otherFolders(reader: MailboxReader): Session["otherFolder"] {
  let all: Promise<Tree> | undefined;
  return async (id) => {
    all ??= readTree(reader, { include: ["/"], exclude: [], hidden: true, recoverableItems: false });
    const { all: folders, unread } = await all;
    // Graph says where the message is; only the folder's path cannot be known now.
    return folders.get(id) ?? (unread.length > 0 ? { id, path: "" } : undefined);
  };
}
