// The scan of one mailbox, a step at a time: every record with its pack and messages in order, then the catalog's rows.
// A step changes a copy of the part; only a step that ended counts, so that a failed read leaves no half of itself.
import { loadApplied } from "../catalog/messages.js";
import { isMailkeepError } from "../core/errors.js";
import type { MailboxId } from "../core/ids.js";
import { type Clock, hour } from "../core/time.js";
import { type CheckedLink, checkLink } from "../ledger/chain.js";
import { emptyLedger, readRecord } from "../ledger/journal.js";
import { type LedgerRecord, ledgerName, ledgerPrefix, type Packed, packedBy, packPath } from "../ledger/record.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { RowStore } from "../ports/row-store.js";
import { type CatalogTools, checkRows, countRows, findExtraRows, joinedPlaces } from "./check-catalog.js";
import { type ContentCache, checkMessages, checkPack, contentCache, type Found } from "./check-content.js";
import { followDeletions, reportOpen } from "./check-deletions.js";
import { followRepack, isStillMissing, joinedLater } from "./check-repacked.js";
import { addFinding, codeOfFault, type Finding, noFindings } from "./finding.js";
import { addMissing, missingIn } from "./missing-packs.js";
import { type PackList, packList } from "./pack-list.js";
import { loadReadBack } from "./read-back.js";
import { nothingRead, type ScanState, type VerifyPart } from "./verification.js";

export interface ScanTools {
  blobs: BlobStore;
  rows: RowStore;
  clock: Pick<Clock, "now">;
}

/** Messages put together at once. */
const messagesAtOnce = 8;

/** The part after each step, until the scan is done. The caller may stop between any two, and go on from the last one. */
export async function* scan(from: VerifyPart, tools: ScanTools): AsyncGenerator<VerifyPart> {
  let part = structuredClone(from);
  part.scan ??= await begin(part, tools.rows);
  for await (const next of ledgerSteps(part, tools)) {
    part = next;
    yield part;
  }
  while (stateOf(part).phase !== "done") {
    part = structuredClone(part);
    await catalogStep(part, tools);
    yield part;
  }
}

/** What the tables know is asked before the ledger is listed: a record they know must then be there. */
async function begin(part: VerifyPart, rows: RowStore): Promise<ScanState> {
  const told = (await loadApplied(rows, part.mailbox)).head;
  const sound = Number.isSafeInteger(told.seq) && told.seq >= 0;
  if (!sound) report(part, { code: "head-differs", detail: "the row of what the tables know cannot be read" });
  const counts = { matched: 0, listed: 0, ids: 0, firsts: 0 };
  const head = sound ? told : emptyLedger;
  const known = (await loadReadBack(rows, part.mailbox))?.head;
  return { phase: "ledger", head, ...(known && { known }), at: 0, opened: false, message: 0, row: "", rows: counts };
}

function stateOf({ scan }: VerifyPart): ScanState {
  if (scan === undefined) throw new Error("the scan has not begun");
  return scan;
}

const report = (part: VerifyPart, finding: Omit<Finding, "mailbox">): void =>
  addFinding(part.findings, { mailbox: part.mailbox, ...finding });

async function* ledgerSteps(from: VerifyPart, tools: ScanTools): AsyncGenerator<VerifyPart> {
  if (stateOf(from).phase !== "ledger") return;
  const { mailbox } = from;
  const { blobs, rows } = tools;
  const begun = stateOf(from).at;
  const packs = packList(blobs, mailbox, begun);
  const contents = contentCache();
  let part = from;
  for await (const { name } of blobs.list(ledgerPrefix(mailbox), begun === 0 ? "" : ledgerName(mailbox, begun))) {
    const seq = seqOf(mailbox, name);
    part = structuredClone(part);
    if (seq === undefined) {
      report(part, { code: "ledger-stray", blob: name, detail: "is not the name of a record" });
      continue;
    }
    const opened = await openRecord(part, { seq, name, blobs, rows, packs });
    for await (const next of contentSteps(part, { ...opened, seq, blobs, contents })) {
      part = next;
      yield part;
    }
    const state = stateOf(part);
    Object.assign(state, { at: seq, opened: false, message: 0, tip: opened.tip });
    yield part;
    part = structuredClone(part);
  }
  part = structuredClone(part);
  await packs.upTo(undefined, { part, pack: undefined, known: true });
  await endOfLedger(part, tools);
  yield part;
}

/** The number in a record's name; undefined when it is no record's name. */
function seqOf(mailbox: MailboxId, name: string): number | undefined {
  const digits = /^([0-9]{8})\.json\.gz$/.exec(name.slice(ledgerPrefix(mailbox).length))?.[1];
  const seq = Number(digits);
  return seq > 0 && name === ledgerName(mailbox, seq) ? seq : undefined;
}

interface Opening {
  seq: number;
  name: string;
  blobs: BlobStore;
  rows: RowStore;
  packs: PackList;
}

interface Opened {
  tip: CheckedLink["tip"];
  /** Whose messages are to be read; undefined when there are none that could be. */
  messages?: { packed: Packed; bytes: Uint8Array };
}

/** Chain, pack and rows of a record. One that was opened before is opened again without being counted again. */
async function openRecord(told: VerifyPart, { seq, name, blobs, rows, packs }: Opening): Promise<Opened> {
  const state = stateOf(told);
  const part = state.opened ? { ...structuredClone(told), findings: noFindings(), read: nothingRead() } : told;
  const { bytes } = await blobs.get(name);
  part.read.records++;
  part.read.bytes += bytes.length;
  const { findings, record, tip } = checkLink(state.tip, { name, bytes });
  for (const { kind, detail } of findings) report(part, { code: codeOfFault[kind], seq, blob: name, detail });
  if (seq === state.head.seq && tip?.sha256 !== state.head.sha256)
    report(part, { code: "head-differs", seq, blob: name, detail: `the tables know it by ${state.head.sha256}` });
  else if (seq === state.known?.seq && tip?.sha256 !== state.known.sha256)
    report(part, { code: "head-differs", seq, blob: name, detail: `was read before as ${state.known.sha256}` });
  else if (seq === part.vouched?.seq && tip?.sha256 !== part.vouched.sha256)
    report(part, {
      code: "head-differs",
      seq,
      blob: name,
      detail: `the head ${part.vouched.head} knows it by ${part.vouched.sha256}`,
    });
  // What a record of another place says would be looked for in the wrong one.
  const own = record !== undefined && record.mailbox === part.mailbox && record.seq === seq ? record : undefined;
  const packed = own && packedBy(own);
  const packSize = await packs.upTo(seq, { part, pack: packed?.pack.name, known: own !== undefined });
  if (own === undefined) return { tip };
  if (!state.opened) {
    await checkDeletions(part, own, rows);
    await followRepack(own, { part, blobs, found: (code, place) => report(part, { code, ...place }) });
  }
  if (part.depth === "chain") {
    await checkPresence(part, seq, packed, { size: packSize, blobs });
    return { tip };
  }
  const pack = await checkPack(blobs, part.mailbox, packed, { found: finder(part, seq), read: part.read });
  if (!state.opened && seq <= state.head.seq)
    await checkRows(rows, own, {
      ...{ part, state, places: joinedPlaces(blobs, part.mailbox) },
      found: (code, place) => report(part, { code, ...place }),
    });
  state.opened = true;
  return { tip, ...(pack !== undefined && packed !== undefined && { messages: { packed, bytes: pack } }) };
}

async function checkDeletions(part: VerifyPart, record: LedgerRecord, rows: RowStore): Promise<void> {
  const state = stateOf(part);
  const open = await followDeletions(state.deletions ?? [], record, {
    rows,
    found: (code, place) => report(part, { code, ...place }),
  });
  if (open.length > 0) state.deletions = open;
  else delete state.deletions;
}

const finder =
  (part: VerifyPart, seq: number): Found =>
  (code, { message, blob, detail }) => {
    // A later record may say that another pack has taken its place.
    if (code === "pack-missing" && addMissing(stateOf(part), seq)) return;
    report(part, { code, seq, ...(message !== undefined && { message: message.key }), blob, detail });
  };

async function checkPresence(
  part: VerifyPart,
  seq: number,
  packed: Packed | undefined,
  { size, blobs }: { size: number | undefined; blobs: BlobStore },
): Promise<void> {
  if (packed === undefined) return;
  const { pack } = packed;
  const blob = packPath(part.mailbox, pack.name);
  const found = finder(part, seq);
  // A pack may be younger than the list it was looked for in.
  if (size === undefined && (await blobs.exists(blob))) return;
  if (size === undefined) found("pack-missing", { blob, detail: "is not in the archive" });
  else if (size !== pack.size) found("pack-damaged", { blob, detail: `has ${size} bytes instead of ${pack.size}` });
}

/** The messages of a record that are not read yet, a few in each step. */
async function* contentSteps(
  from: VerifyPart,
  { messages, seq, blobs, contents }: Opened & { seq: number; blobs: BlobStore; contents: ContentCache },
): AsyncGenerator<VerifyPart> {
  if (messages === undefined) return;
  const { packed, bytes } = messages;
  const pack = { name: packed.pack.name, bytes };
  for (let part = from; stateOf(part).message < packed.messages.length; ) {
    part = structuredClone(part);
    const state = stateOf(part);
    const some = packed.messages.slice(state.message, state.message + messagesAtOnce);
    const { mailbox, read } = part;
    await checkMessages(some, { blobs, mailbox, pack, contents, found: finder(part, seq), read });
    state.message += some.length;
    yield part;
  }
}

async function endOfLedger(part: VerifyPart, tools: ScanTools): Promise<void> {
  const state = stateOf(part);
  await reportMissing(part, tools);
  const known = Math.max(state.head.seq, state.known?.seq ?? 0, part.vouched?.seq ?? 0);
  if (state.at < known)
    report(part, {
      code: "ledger-rolled-back",
      seq: state.at + 1,
      blob: ledgerName(part.mailbox, state.at + 1),
      detail: `the ledger ends with record ${state.at}; ${known} records are known`,
    });
  else if (part.depth === "full") await checkBehind(part, state, tools);
  reportOpen(state.deletions ?? [], tools.clock.now(), (code, place) => report(part, { code, ...place }));
  state.phase = part.depth === "full" ? "catalog" : "done";
}

/** Packs that were not there, and that no record of joining accounts for. */
async function reportMissing(part: VerifyPart, { blobs }: ScanTools): Promise<void> {
  const state = stateOf(part);
  await joinedLater(part, blobs);
  for (const seq of missingIn(state)) {
    const missing = await isStillMissing(part.mailbox, seq, blobs);
    if (missing !== undefined) report(part, { code: "pack-missing", seq, ...missing });
  }
  delete state.missing;
}

/** Rows follow their record at once; those of a worker that died follow with the next run. */
async function checkBehind(part: VerifyPart, { at }: ScanState, { blobs, rows, clock }: ScanTools): Promise<void> {
  const { seq } = (await loadApplied(rows, part.mailbox)).head;
  if (!(seq < at)) return;
  const oldest = await readRecord(blobs, part.mailbox, seq + 1).catch(unlessCorrupt);
  const age = clock.now().getTime() - Date.parse(oldest?.record.time ?? "");
  if (!(age > hour)) return;
  const detail = `the tables know ${seq} records, the ledger has ${at}`;
  report(part, { code: "catalog-behind", seq: seq + 1, detail });
}

/** A damaged record has been found already. */
function unlessCorrupt(error: unknown): undefined {
  if (!isMailkeepError(error, "corrupt")) throw error;
  return undefined;
}

async function catalogStep(part: VerifyPart, { blobs, rows }: ScanTools): Promise<void> {
  const state = stateOf(part);
  const tools: CatalogTools = { blobs, rows, found: (code, place) => report(part, { code, ...place }) };
  if (state.phase === "catalog") {
    if (!(await countRows(part.mailbox, state, tools))) return;
    const { listed, matched, ids, firsts } = state.rows;
    state.phase = listed > matched || ids > firsts ? "extra" : "done";
    state.row = "";
  } else if (await findExtraRows(part.mailbox, state, tools)) state.phase = "done";
}
