// Makes one head: gathers for a limited time, writes list and head once and for all, then has the head signed and stamped.
import { z } from "zod";
import { Sha256, sha256 } from "../core/digest.js";
import { MailkeepError } from "../core/errors.js";
import { HeadId, type MailboxId, MailboxId as MailboxIdSchema } from "../core/ids.js";
import type { Clock } from "../core/time.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { Signer } from "../ports/signer.js";
import type { TimeStamper } from "../ports/time-stamper.js";
import type { WorkQueue } from "../ports/work-queue.js";
import { gather, mailboxesToName } from "./gather.js";
import { encodeHead, encodeList, type Head, HeadEntry, headName, listName, newHead } from "./head.js";
import { newestFirst, newestSound } from "./read-heads.js";

export interface HeadDeps {
  blobs: BlobStore;
  /** What a worker that ran out of time has gathered waits there for the next one: nothing in the archive is ever removed. */
  exports: ExportStore;
  rows: RowStore;
  queue: WorkQueue;
  clock: Clock;
  log: Log;
  signer?: Signer | undefined;
  stamper?: TimeStamper | undefined;
  /** Name and version, told in the head. */
  program: string;
  /** The end of the audit's chain. */
  auditEnd?: () => Promise<{ seq: number; hash: string } | undefined>;
}

/** What has been gathered for a head by all workers so far. */
const Gathered = z.object({
  previous: z.object({ id: HeadId, sha256: Sha256 }).nullable(),
  /** Up to this mailbox. */
  last: MailboxIdSchema,
  entries: z.array(HeadEntry),
});
type Gathered = z.infer<typeof Gathered>;

/** False when the time is up before the head is written. Done again for a head that is there it does nothing. */
export async function writeHead(id: HeadId, deps: HeadDeps, budgetMs: number): Promise<boolean> {
  const { blobs, clock, log, program, auditEnd } = deps;
  if (await blobs.exists(headName(id))) return true;
  const gathered = await gatherOn(id, deps, budgetMs);
  if (gathered === undefined) return false;
  await blobs.putIfAbsent(listName(id), encodeList(gathered.entries), { contentType: "application/jsonl" });
  // Another worker may have been first: the head speaks of the list that is there.
  const { bytes: list } = await blobs.get(listName(id));
  const { previous } = gathered;
  const audit = await auditEnd?.();
  const told = { id, createdAt: clock.now().toISOString(), program, previous, seals: sealsOf(deps) };
  const head = newHead({ ...told, audit: audit === undefined ? null : { seq: audit.seq, hash: audit.hash } }, list);
  await blobs.putIfAbsent(headName(id), encodeHead(head), { contentType: "application/json" });
  const { count, disputed } = head.mailboxes;
  if (disputed > 0) log.error("ledgers contradict an earlier head", { head: id, mailboxes: disputed });
  log.info("head written", { head: id, mailboxes: count });
  await removeScratch(id, deps);
  return true;
}

const sealsOf = ({ signer, stamper }: HeadDeps): Head["seals"] => [
  ...(signer === undefined ? [] : (["signature"] as const)),
  ...(stamper === undefined ? [] : (["timestamp"] as const)),
];

async function gatherOn(id: HeadId, deps: HeadDeps, budgetMs: number): Promise<Gathered | undefined> {
  const { blobs, clock, log } = deps;
  const began = clock.monotonicMs();
  const sound = await newestSound(blobs);
  for (const { id: wrong, message } of sound?.damaged ?? []) log.error("a head is damaged", { head: wrong, message });
  const earlier = new Map<MailboxId, HeadEntry>(sound?.entries.map((entry) => [entry.mailbox, entry]));
  const saved = await loadScratch(id, deps);
  const parts = saved.parts;
  const previous = saved.parts === 0 ? await previousOf(blobs, id) : saved.previous;
  const entries = saved.entries;
  let last = saved.last;
  const rest = (await mailboxesToName(blobs, earlier)).filter((mailbox) => last === undefined || mailbox > last);
  const fresh: HeadEntry[] = [];
  for await (const some of gather(blobs, rest, earlier)) {
    fresh.push(...some.entries);
    last = some.last;
    if (last === rest.at(-1) || clock.monotonicMs() - began < budgetMs) continue;
    await saveScratch(id, parts, { previous, last, entries: fresh }, deps);
    return undefined;
  }
  return { previous, last: last as MailboxId, entries: [...entries, ...fresh] };
}

/** The head before, sound or not: its bytes are what they are. */
async function previousOf(blobs: BlobStore, id: HeadId): Promise<Gathered["previous"]> {
  for (const before of await newestFirst(blobs)) {
    if (before >= id) continue;
    return { id: before, sha256: sha256((await blobs.get(headName(before))).bytes) };
  }
  return null;
}

const scratchPrefix = (id: HeadId): string => `head-${id}/`;
const scratchName = (id: HeadId, part: number): string => `${scratchPrefix(id)}${String(part).padStart(6, "0")}.json`;

interface Saved {
  parts: number;
  previous: Gathered["previous"];
  last: MailboxId | undefined;
  entries: HeadEntry[];
}

async function loadScratch(id: HeadId, { exports }: HeadDeps): Promise<Saved> {
  const saved: Saved = { parts: 0, previous: null, last: undefined, entries: [] };
  for await (const { name } of exports.list(scratchPrefix(id))) {
    const { bytes } = await exports.get(name);
    const part = Gathered.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    if (!part.success) throw new MailkeepError("corrupt", `${name} cannot be read`, { reason: "HEAD_DAMAGED" });
    const { previous, last, entries } = part.data;
    saved.entries.push(...entries);
    Object.assign(saved, { parts: saved.parts + 1, previous, last });
  }
  return saved;
}

/** Taken already: another worker was at the same place; what it gathered counts, and this is done again. */
async function saveScratch(id: HeadId, part: number, gathered: Gathered, { exports }: HeadDeps): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(gathered));
  await exports.putIfAbsent(scratchName(id, part), bytes, { contentType: "application/json" });
}

async function removeScratch(id: HeadId, { exports }: HeadDeps): Promise<void> {
  const names: string[] = [];
  for await (const { name } of exports.list(scratchPrefix(id))) names.push(name);
  for (const name of names) await exports.remove(name);
}
