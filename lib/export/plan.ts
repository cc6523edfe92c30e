// Chooses the messages of one mailbox once and for all: what is exported is what was there when the export was planned.
import { owedMessages } from "../catalog/quarantine.js";
import { isMailkeepError } from "../core/errors.js";
import { pathNames } from "../core/folder-path.js";
import type { ExportId } from "../core/ids.js";
import type { ExportStore } from "../ports/export-store.js";
import type { Row } from "../ports/row-store.js";
import { inFolder } from "../reading/folder-choice.js";
import { contentOf } from "../reading/stored-message.js";
import { currentPath, summaryOf } from "../reading/summary.js";
import { type ExportMailbox, type Gap, type Order, type Plan, type PlanLine, pieceName, planName } from "./export.js";
import { folderPlaces } from "./names.js";
import { putJson } from "./repo.js";
import { type Selected, type Stores, selectMessages } from "./select.js";

/** Messages of one chunk. */
const chunkMessages = 1_000;
/** Lines wait for their chunk to fill, in memory, up to so many characters of JSON. */
const waitingCharacters = 32 * 1024 * 1024;

export interface PlanDeps extends Stores {
  exports: ExportStore;
}

/** Writes the plan of mailbox number `index` under a name of this writer. */
export async function planMailbox(
  { id, order, index, writer }: { id: ExportId; order: Order; index: number; writer: string },
  deps: PlanDeps,
): Promise<Plan> {
  const mailbox = order.mailboxes[index] as ExportMailbox;
  const selected = await selectMessages(mailbox.id, order.selection, deps);
  const plan: Plan = { messages: 0, bytes: 0, chunks: [], gaps: [] };
  const piece = pieceName(writer, index);
  for await (const { place, lines } of inChunks(selected)) {
    const name = planName(id, `${piece}-${plan.chunks.length}`);
    await putJson(deps.exports, name, lines);
    const bytes = lines.reduce((sum, { size }) => sum + size, 0);
    plan.chunks.push({ name, place, messages: lines.length, bytes });
    plan.messages += lines.length;
    plan.bytes += bytes;
  }
  plan.chunks.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  const told = selected.gaps.filter(({ code }) => !(mailbox.optional && code === "NOTHING_ARCHIVED"));
  const gaps = [...told, ...(await owedGaps(mailbox, order, selected, deps))];
  plan.gaps = gaps.map((gap) => ({ mailbox: mailbox.id, address: mailbox.address, ...gap }));
  await putJson(deps.exports, planName(id, piece), plan);
  return plan;
}

interface Waiting {
  lines: PlanLine[];
  characters: number;
}

/** Each chunk holds messages of one folder; the fullest goes first when too many wait. */
async function* inChunks({ messages, folders, ledger }: Selected): AsyncIterable<{ place: string; lines: PlanLine[] }> {
  const placeOf = folderPlaces();
  const waiting = new Map<string, Waiting>();
  let characters = 0;
  const take = (place: string) => {
    const { lines, characters: freed } = waiting.get(place) as Waiting;
    waiting.delete(place);
    characters -= freed;
    return { place, lines };
  };
  for await (const row of messages) {
    const line = await planLine(row, folders, ledger);
    const place = placeOf(pathNames(currentPath(row, folders)));
    const { length } = JSON.stringify(line);
    const chunk = waiting.get(place) ?? { lines: [], characters: 0 };
    waiting.set(place, chunk);
    chunk.lines.push(line);
    chunk.characters += length;
    characters += length;
    if (chunk.lines.length === chunkMessages) yield take(place);
    while (characters > waitingCharacters) yield take(fullest(waiting));
  }
  for (const place of [...waiting.keys()]) yield take(place);
}

function fullest(waiting: Map<string, Waiting>): string {
  return [...waiting].reduce((most, next) => (next[1].characters > most[1].characters ? next : most))[0];
}

async function planLine(row: Row, folders: Selected["folders"], ledger: Selected["ledger"]): Promise<PlanLine> {
  const { key, version, folderPath, subject, from, receivedAt, size, sha256, removedAtSourceAt, seq } = summaryOf(
    row,
    folders,
  );
  return {
    key,
    version,
    folderPath,
    receivedAt,
    size,
    sha256,
    seq,
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from }),
    ...(removedAtSourceAt !== null && { removedAt: removedAtSourceAt }),
    content: await placeOfContent(row, ledger),
  };
}

async function placeOfContent(row: Row, ledger: Selected["ledger"]): Promise<PlanLine["content"]> {
  try {
    const { pack, entry, cuts } = await contentOf(row, ledger);
    return { pack, entry, cuts };
  } catch (error) {
    if (!isMailkeepError(error, "corrupt")) throw error;
    return { code: "ARCHIVE_CORRUPT", message: error.message };
  }
}

/** What the archive knows of and does not hold may have been meant too, unless messages were named. */
async function owedGaps(
  { id }: ExportMailbox,
  { selection }: Order,
  { folders }: Selected,
  { rows }: PlanDeps,
): Promise<Gap[]> {
  const gaps: Gap[] = [];
  if (selection.keys !== undefined) return gaps;
  const fits = inFolder(selection.folder, folders);
  for await (const { folderId, reason } of owedMessages(rows, id)) {
    if (!fits({ folderId })) continue;
    const folderPath = folders.get(folderId)?.path;
    const message = `a message in this folder was never archived (${reason}); see GET /mailboxes/${id}/quarantine`;
    gaps.push({ code: "NOT_ARCHIVED", message, ...(folderPath !== undefined && { folderPath }) });
  }
  return gaps;
}
