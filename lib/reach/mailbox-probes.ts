// One mailbox, asked with the calls of a run: does it open, are its folders listed, does a page of messages come, can a
// message be read.
import { readTree, type Tree, type TreeFolder } from "../archive/tree.js";
import { treeProblems } from "../archive/tree-problems.js";
import { inParallel } from "../core/channel.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ImmutableId } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import { exclusionText } from "../mailboxes/classify.js";
import type { MailboxReader, MimeOutcome } from "../ports/mail-source.js";
import type { MailboxSettings } from "../profiles/settings.js";
import { failed, notNeeded, ok, type Probe, type ProbeName, skipped, timed } from "./probe.js";
import { failureOf } from "./tenant-probes.js";

export interface MailboxProbed {
  probes: Probe[];
  /** The refusal of the mailbox as a whole, or of all its mail. */
  refusal?: MailkeepError;
  /** A message was read, or there is none and the folders were listed. */
  readable: boolean;
  /** Only its messages are refused; folders and pages came. */
  lists?: true;
}

export interface MailboxDeps {
  clock: Clock;
  places: Record<string, string | undefined>;
  folders: MailboxSettings["folders"];
}

const inOrder: ProbeName[] = ["mailbox", "kind", "folders", "metadata", "mime"];
const requests: Partial<Record<ProbeName, string>> = {
  mailbox: "GET /users/{id}/mailFolders/inbox",
  folders: "GET /users/{id}/mailFolders",
  metadata: "GET /users/{id}/mailFolders/{id}/messages/delta",
  mime: "GET /users/{id}/messages/{id}/$value",
};

/** So many folders are asked for a page of messages, those with most messages first. */
const mostFolders = 25;
/** So many messages of a folder are taken for trying. */
const messagesOfFolder = 3;
/** Messages tried for their MIME. */
const mostMessages = 3;

export async function probeMailbox(reader: MailboxReader, deps: MailboxDeps): Promise<MailboxProbed> {
  const probes: Probe[] = [];
  try {
    const kind = await timed(deps.clock, () => opens(reader, probes));
    probes.push(kind);
    const { tree, probe } = await listed(reader, deps);
    probes.push(probe);
    const { ids, probe: metadata } = await pages(reader, tree, deps);
    probes.push(metadata);
    const mime = await timed(deps.clock, () => messageRead(reader, ids, deps));
    probes.push(mime);
    if (mime.status === "failed" && mime.evidence?.status === 403)
      return { probes, readable: false, lists: true, refusal: asError(mime) };
    return { probes, readable: mime.status === "ok" || (mime.status === "notNeeded" && metadata.status === "ok") };
  } catch (error) {
    if (!isMailkeepError(error)) throw error;
    return stopped(probes, error, deps);
  }
}

/** What concerns the whole mailbox ends the test of it: the step at hand failed, those after it were not asked. */
function stopped(probes: Probe[], error: MailkeepError, { clock, places }: MailboxDeps): MailboxProbed {
  const name = inOrder.find((step) => probes.every((probe) => probe.name !== step)) ?? "mime";
  const rest = inOrder.slice(inOrder.indexOf(name) + 1);
  const code = error.reason ?? error.code;
  const halted = error.code === "cancelled";
  const here = halted
    ? skipped(name, code, error.message)
    : failed(
        name,
        { ...failureOf(error, requests[name] ?? "", places), ...(worded(error) && { detail: worded(error) ?? "" }) },
        clock,
      );
  const after = rest.map((step) => skipped(step, code, `not asked: ${name} ${halted ? "was not reached" : "failed"}`));
  const isRefusal = error.code === "forbidden" && error.edge === "graph";
  return { probes: [...probes, here, ...after], readable: false, ...(isRefusal && { refusal: error }) };
}

function asError({ code = "", detail, evidence }: Probe): MailkeepError {
  const { status, requestId } = evidence ?? {};
  return new MailkeepError("forbidden", detail, {
    reason: code,
    edge: "graph",
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  });
}

const worded = ({ code, reason }: MailkeepError): string | undefined =>
  code === "no-mailbox" ? exclusionText[reason ?? ""] : undefined;

/** The archiver's own question; the kind comes with it where the identity may know. */
async function opens(reader: MailboxReader, probes: Probe[]): Promise<Probe> {
  const answer = await reader.probe();
  if (answer.kind === "none")
    throw new MailkeepError("no-mailbox", exclusionText[answer.reason] ?? "there is no mailbox that Graph reaches", {
      reason: answer.reason,
      edge: "graph",
      ...(answer.status !== undefined && { status: answer.status }),
      ...(answer.requestId !== undefined && { requestId: answer.requestId }),
    });
  probes.push(ok("mailbox", "the mailbox opens"));
  if (answer.kind !== "unknown") return ok("kind", `it is of the kind ${answer.kind}`, { kind: answer.kind });
  const why =
    "MailboxSettings.Read is not granted, so it is not known whether it is shared, a room or a person's; it is archived all the same";
  return notNeeded("kind", "ROLE_MISSING", why);
}

async function listed(reader: MailboxReader, deps: MailboxDeps): Promise<{ tree: Tree; probe: Probe }> {
  const began = deps.clock.monotonicMs();
  const tree = await readTree(reader, deps.folders);
  const found = {
    folders: tree.all.size,
    chosen: tree.wanted.length,
    messages: tree.wanted.reduce((sum, { totalItemCount }) => sum + totalItemCount, 0),
  };
  const ms = Math.round(deps.clock.monotonicMs() - began);
  const problems = treeProblems(tree, true);
  const [first] = problems;
  const told = `${found.chosen} of ${found.folders} folders are chosen; they say they hold ${found.messages} messages`;
  if (first === undefined) return { tree, probe: { ...ok("folders", told, found), ms } };
  const paths = problems.flatMap(({ folderPath }) => folderPath ?? []);
  const detail = `${told}; ${first.message}`;
  const failure = { code: first.code, detail, found: { ...found, problems: paths }, places: deps.places };
  return { tree, probe: { ...failed("folders", failure, deps.clock), ms } };
}

interface FolderFault {
  folder: TreeFolder;
  error: MailkeepError;
}

/** One small page of each of the largest folders: a single folder that is shut is found, and messages to try. */
async function pages(
  reader: MailboxReader,
  tree: Tree,
  deps: MailboxDeps,
): Promise<{ ids: ImmutableId[]; probe: Probe }> {
  const began = deps.clock.monotonicMs();
  const folders = [...tree.wanted].sort((a, b) => b.totalItemCount - a.totalItemCount).slice(0, mostFolders);
  const ids: ImmutableId[] = [];
  const faults: FolderFault[] = [];
  await inParallel(folders, 4, async (folder) => {
    try {
      const page = await reader.changes(folder.id, undefined, messagesOfFolder);
      if (page.kind === "unrendered")
        throw new MailkeepError("unavailable", "Exchange cannot render a page of the folder", { reason: page.reason });
      if (page.kind !== "page") return;
      for (const change of page.changes) if (change.kind === "present") ids.push(change.id);
    } catch (error) {
      if (!isMailkeepError(error, "forbidden", "unavailable", "invalid", "too-large")) throw error;
      faults.push({ folder, error });
    }
  });
  const ms = Math.round(deps.clock.monotonicMs() - began);
  const probe = pageProbe(folders, faults, deps);
  // All of them refused is the mailbox refused.
  const [first] = faults;
  if (first !== undefined && faults.length === folders.length && first.error.code === "forbidden") throw first.error;
  return { ids, probe: { ...probe, ms } };
}

function pageProbe(folders: TreeFolder[], faults: FolderFault[], { clock, places }: MailboxDeps): Probe {
  const found = { folders: folders.length };
  const [first] = faults;
  if (first === undefined)
    return ok("metadata", `a page of messages came from each of ${folders.length} folders`, found);
  const paths = faults.map(({ folder }) => folder.path);
  const request = requests.metadata ?? "";
  const detail = `${faults.length} of ${folders.length} folders gave no page: ${paths.slice(0, 5).join(", ")}`;
  const failure = { ...failureOf(first.error, request, places), detail, found: { ...found, shut: paths } };
  return failed("metadata", failure, clock);
}

/** One message that cannot be had is that message's fault; none that can is the app's or the mailbox's. */
async function messageRead(reader: MailboxReader, ids: ImmutableId[], { clock, places }: MailboxDeps): Promise<Probe> {
  const tried: Extract<MimeOutcome, { kind: "failed" }>[] = [];
  for (const id of ids.slice(0, mostMessages + 3)) {
    const outcome = await reader.mime(id);
    if (outcome.kind === "gone") continue;
    if (outcome.kind === "mime") {
      const bytes = outcome.body.size;
      await outcome.body.dispose();
      return readOne(bytes, tried);
    }
    tried.push(outcome);
    if (tried.length >= mostMessages) break;
  }
  const [first] = tried;
  if (first === undefined)
    return notNeeded("mime", "NO_MESSAGE_TO_TRY", "the chosen folders hold no message that could be tried");
  const { reason, status, requestId } = first;
  const request = requests.mime ?? "";
  const evidence = {
    request,
    code: reason,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  };
  const detail = `the mailbox opens, and none of ${tried.length} messages could be read`;
  return failed("mime", { code: reason, detail, evidence, places }, clock);
}

function readOne(bytes: number, tried: { reason: string }[]): Probe {
  const reasons = [...new Set(tried.map(({ reason }) => reason))];
  const but = tried.length === 0 ? "" : `; ${tried.length} before it could not be read and would go to the quarantine`;
  return ok("mime", `a message of ${bytes} bytes was read${but}`, {
    bytes,
    ...(reasons.length > 0 && { unreadable: reasons }),
  });
}
