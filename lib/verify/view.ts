// A verification as a person or a program reads it: how it stands, what was read, what was found, and what that means.
import type { VerificationId } from "../core/ids.js";
import { onePage, type Page, type PageRequest } from "../core/page.js";
import type { RowStore } from "../ports/row-store.js";
import { type FindingCode, type FindingList, keptFindings, noFindings } from "./finding.js";
import { getVerification, listParts } from "./repo.js";
import {
  addCounts,
  type Depth,
  isOpen,
  nothingRead,
  type Orphans,
  type Problem,
  type ReadCounts,
  type Verification,
  type VerifyPart,
  type VerifyStatus,
} from "./verification.js";

export interface VerificationView {
  id: string;
  depth: Depth;
  trigger: Verification["trigger"];
  status: VerifyStatus;
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  cancelRequested: boolean;
  mailboxes: { total: number; done: number; withFindings: number; failed: number; cancelled: number };
  read: ReadCounts;
  findings: FindingList;
  orphans: Orphans;
  /** Why it, or some of its mailboxes, could not be read to the end; at most 100. */
  problems: (Problem & { mailbox?: string })[];
  proves: string[];
  doesNotProve: string[];
}

export interface VerifyPartView {
  verification: string;
  mailbox: string;
  status: VerifyStatus;
  /** The newest record read. Keep it elsewhere: it vouches for all before it. */
  head: { seq: number; sha256: string } | null;
  read: ReadCounts;
  findings: FindingList;
  orphans: Orphans;
  problem: Problem | null;
  updatedAt: string;
  endedAt: string | null;
}

const named = 20;
const problemsShown = 100;

export async function showVerification(id: VerificationId, rows: RowStore): Promise<VerificationView> {
  const verification = await getVerification(rows, id);
  const sums = emptySums();
  if (verification.problem !== undefined) sums.problems.push(verification.problem);
  if (verification.heads !== undefined) addFindings(sums.findings, verification.heads);
  for await (const part of listParts(rows, id)) addPart(sums, part);
  const { depth, trigger, status, requestedAt, startedAt, endedAt, cancelRequested } = verification;
  return {
    id,
    depth,
    trigger,
    status,
    requestedAt,
    startedAt: startedAt ?? null,
    endedAt: endedAt ?? null,
    cancelRequested,
    ...sums,
    proves: status === "succeeded" ? proves[depth] : [],
    doesNotProve: doesNotProve[depth],
  };
}

export async function showParts(
  id: VerificationId,
  { limit, after }: PageRequest,
  rows: RowStore,
): Promise<Page<VerifyPartView>> {
  await getVerification(rows, id);
  const page = await onePage(listParts(rows, id, after), limit, ({ mailbox }) => mailbox);
  return { ...page, value: page.value.map(viewPart) };
}

function viewPart(part: VerifyPart): VerifyPartView {
  const { verification, mailbox, status, scan, read, findings, orphans, problem, updatedAt, endedAt } = part;
  const tip = scan?.tip;
  return {
    verification,
    mailbox,
    status,
    head: tip === undefined ? null : { seq: tip.seq, sha256: tip.sha256 },
    read,
    findings,
    orphans,
    problem: problem ?? null,
    updatedAt,
    endedAt: endedAt ?? null,
  };
}

const emptySums = () => ({
  mailboxes: { total: 0, done: 0, withFindings: 0, failed: 0, cancelled: 0 },
  read: nothingRead(),
  findings: noFindings(),
  orphans: { count: 0, bytes: 0, names: [] as string[] },
  problems: [] as VerificationView["problems"],
});

function addPart(sums: ReturnType<typeof emptySums>, part: VerifyPart): void {
  const { mailboxes, findings, orphans, problems } = sums;
  mailboxes.total++;
  if (!isOpen(part.status)) mailboxes.done++;
  if (part.findings.count > 0) mailboxes.withFindings++;
  if (part.status === "failed") mailboxes.failed++;
  if (part.status === "cancelled") mailboxes.cancelled++;
  sums.read = addCounts(sums.read, part.read);
  addFindings(findings, part.findings);
  orphans.count += part.orphans.count;
  orphans.bytes += part.orphans.bytes;
  orphans.names.push(...part.orphans.names.slice(0, named - orphans.names.length));
  if (part.problem !== undefined && problems.length < problemsShown)
    problems.push({ ...part.problem, mailbox: part.mailbox });
}

/** All are counted; the first hundred are named here, the others by mailbox. */
function addFindings(sum: FindingList, { count, byCode, kept }: FindingList): void {
  sum.kept.push(...kept.slice(0, keptFindings - sum.kept.length));
  sum.count += count;
  for (const code of Object.keys(byCode) as FindingCode[])
    sum.byCode[code] = (sum.byCode[code] ?? 0) + (byCode[code] ?? 0);
}

const proves: Record<Depth, string[]> = {
  chain: [
    "Each ledger read is one unbroken chain: no record was changed, dropped, inserted or reordered without changing the hash of its newest record.",
    "The newest record that the tables know, and the one that the newest daily head names, are in the ledger, and every pack that a record names is there in its size.",
  ],
  full: [
    "Every message that the ledgers name was put together from its pack and its attachments and has the SHA-256 of the bytes that Graph sent.",
    "Each ledger read is one unbroken chain: no record was changed, dropped, inserted or reordered without changing the hash of its newest record.",
    "The newest record that the tables know, and the one that the newest daily head names, are in the ledger, and the catalog lists exactly the messages of the ledger, each at its place.",
  ],
};

const always = [
  "That nobody who can write both the container and the tables has replaced a whole ledger, or what came after the newest daily head: keep the heads, or the hash of the newest record, somewhere else and compare.",
  "That the key which signed the daily heads is yours: the verifier (mailkeep-verify.mjs) takes the key from you.",
  "That a sender wrote a message: Exchange renders it anew for each fetch, and what is proved is that it is unchanged since it was stored.",
  "That everything in the mailbox was archived: the coverage of runs says so.",
];

const doesNotProve: Record<Depth, string[]> = {
  chain: [
    "That any message or attachment can be read: packs and attachments were not opened. Ask for depth full.",
    ...always,
  ],
  full: ["What the catalog says of folder, flags and read state, which later events change.", ...always],
};
