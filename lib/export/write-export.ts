// The second phase: message after message into the zip, with checkpoints from which any other worker can go on.
import {
  type Amount,
  type Export,
  type Order,
  type Part,
  type Plan,
  type PlanLine,
  partName,
  pieceName,
  pieceNames,
  planName,
  resultName,
  total,
  withTurn,
} from "./export.js";
import type { Hand } from "./hand.js";
import { getJson, putJson } from "./repo.js";
import { beginMbox, emptyWritten, expectedMbox, type Place, type Written, writeLines } from "./write-mail.js";
import { endEntry, openZipOut, type ZipOut } from "./zip-out.js";

/** Of so much work at most a crash makes nothing. */
const defaultStretch = { messages: 5_000, bytes: 64 * 1024 * 1024 };
/** So often at least progress is shown. */
const checkpointMs = 20_000;
/** Gaps shown with the export; all of them are in the zip. */
const shownGaps = 20;

export interface Writing {
  hand: Hand;
  order: Order;
  out: ZipOut;
  written: Written;
  /** Blocks staged by earlier workers. */
  before: Export["blocks"];
  /** What {@link Export} will say at the next checkpoint. */
  next: Pick<Export, "at" | "written" | "open">;
  since: { offset: number; ms: number };
}

export function openWriting(hand: Hand, order: Order): Writing {
  const { value, writer, deps } = hand;
  const before = value.blocks;
  const where = { name: resultName(value.id), writer, before: total(before), offset: value.offset };
  const { at, written, open } = value;
  return {
    hand,
    order,
    out: openZipOut(deps.exports, where),
    written: emptyWritten(),
    before,
    next: { at: { ...at }, written: { ...written }, ...(open && { open: structuredClone(open) }) },
    since: { offset: value.offset, ms: hand.spentMs() },
  };
}

/** False when the time is up before all is written. */
export async function writeExport(writing: Writing): Promise<boolean> {
  const { hand, order, next, written } = writing;
  const plans = pieceNames(hand.value.plans);
  if (next.at.mailbox === 0 && next.at.chunk === 0 && next.at.line === 0) written.gaps.push(...order.gaps);
  for (; next.at.mailbox < plans.length; next.at = { mailbox: next.at.mailbox + 1, chunk: 0, line: 0 }) {
    const { id } = hand.value;
    const plan = await getJson<Plan>(hand.deps.exports, planName(id, plans[next.at.mailbox] ?? ""));
    if (next.at.chunk === 0 && next.at.line === 0) written.gaps.push(...plan.gaps);
    if (!(await writeMailbox(writing, plan))) return false;
  }
  await checkpoint(writing);
  return true;
}

async function writeMailbox(writing: Writing, plan: Plan): Promise<boolean> {
  const { hand, next } = writing;
  for (; next.at.chunk < plan.chunks.length; next.at = { ...next.at, chunk: next.at.chunk + 1, line: 0 }) {
    const { name, place } = plan.chunks[next.at.chunk] as Plan["chunks"][number];
    const at = placeOf(writing, place);
    const lines = await getJson<PlanLine[]>(hand.deps.exports, name);
    if (at.format === "mbox") await openMbox(writing, at, plan);
    if (!(await writeChunk(writing, at, lines))) return false;
  }
  await closeMbox(writing);
  return true;
}

async function writeChunk(writing: Writing, at: Place, lines: PlanLine[]): Promise<boolean> {
  const { hand, out, written, next } = writing;
  const mbox = next.open?.entry;
  const rest = lines.slice(next.at.line);
  for await (const { line, exported } of writeLines(rest, {
    ...{ blobs: hand.deps.blobs, rows: hand.deps.rows },
    out,
    written,
    at,
    mbox,
  })) {
    next.at.line++;
    if (exported) next.written = plus(next.written, { messages: 1, bytes: line.size });
    const over = hand.isOver();
    if (over || isDue(writing)) await checkpoint(writing);
    if (over) return false;
  }
  return true;
}

export const plus = (a: Amount, b: Amount): Amount => ({
  messages: a.messages + b.messages,
  bytes: a.bytes + b.bytes,
});

function placeOf({ hand, order, next }: Writing, place: string): Place {
  const { format } = hand.value;
  const mailbox = order.mailboxes[next.at.mailbox] as Order["mailboxes"][number];
  return { format, base: baseOf(hand.value), root: format === "bagit" ? "data/" : "mail/", mailbox, place };
}

/** RFC 8493 section 4: a bag in an archive file is one folder. */
export const baseOf = ({ id, format }: Export): string => (format === "bagit" ? `${id}/` : "");

async function openMbox(writing: Writing, at: Place, plan: Plan): Promise<void> {
  if (writing.next.open?.place === at.place) return;
  await closeMbox(writing);
  const { startedAt = "" } = writing.hand.value;
  const entry = await beginMbox(writing.out, at, startedAt, expectedMbox(plan, at.place));
  writing.next.open = { place: at.place, entry };
}

async function closeMbox({ next, out, written }: Writing): Promise<void> {
  if (next.open === undefined) return;
  written.directory.push(await endEntry(out, next.open.entry));
  delete next.open;
}

function isDue({ hand, out, written, since }: Writing): boolean {
  const { messages, bytes } = hand.deps.stretch ?? defaultStretch;
  return (
    written.index.length + written.gaps.length >= messages ||
    out.offset() - since.offset >= bytes ||
    hand.spentMs() - since.ms >= checkpointMs
  );
}

/** Everything so far is staged and written down; from here on it need not be done again. */
async function checkpoint(writing: Writing): Promise<void> {
  const { hand, out, written, next } = writing;
  const { value, writer, deps } = hand;
  await out.flush();
  const { index, gaps, directory } = written;
  const part: Part = { directory: Buffer.concat(directory).toString("base64"), index, gaps };
  await putJson(deps.exports, partName(value.id, pieceName(writer, total(value.parts))), part);
  const { open: _, ...rest } = value;
  await hand.save({
    ...rest,
    ...structuredClone(next),
    faults: 0,
    gapCount: value.gapCount + gaps.length,
    gaps: [...value.gaps, ...gaps].slice(0, shownGaps),
    blocks: withTurn(writing.before, writer, out.blocks()),
    offset: out.offset(),
    entries: value.entries + directory.length,
    parts: withTurn(value.parts, writer, 1),
  });
  Object.assign(written, emptyWritten());
  writing.since = { offset: out.offset(), ms: hand.spentMs() };
}
