// The main flow of an export: plan, write, read back. Each worker goes on from the last checkpoint of the one before.
import { createHash } from "node:crypto";
import type { Sha256 } from "../core/digest.js";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import type { ExportId } from "../core/ids.js";
import { minute, second } from "../core/time.js";
import { told } from "../core/told.js";
import type { WorkItem } from "../work/item.js";
import { type Export, isOpen, type Order, orderName, pieceNames, resultName, total, withTurn } from "./export.js";
import { finishZip } from "./finish.js";
import { type ExportDeps, type Hand, takeInHand } from "./hand.js";
import { planMailbox } from "./plan.js";
import { changeExport, findExport, forgetExport, getJson } from "./repo.js";
import { baseOf, openWriting, plus, writeExport } from "./write-export.js";

/** What the queue is to do next. */
export type ExportStep = { kind: "done" } | { kind: "again"; delayMs: number };

export const exportItem = (id: ExportId): string => {
  const item: WorkItem = { v: 1, kind: "export", export: id };
  return JSON.stringify(item);
};

/** Messages of one export, as Graph sent them: what can be read back for its SHA-256 within one invocation. */
const mostExportBytes = 32 * 1024 ** 3;

export async function exportMail(id: ExportId, deps: ExportDeps): Promise<ExportStep> {
  const hand = await takeInHand(id, deps);
  if (hand === undefined) {
    await clearEnded(id, deps);
    return { kind: "done" };
  }
  deps.log.info("export work begins", { export: id, phase: hand.value.phase });
  try {
    const step = await work(hand);
    deps.log.info("export work ends", { export: id, phase: hand.value.phase, step: step.kind });
    return step;
  } catch (error) {
    return afterFault(error, hand);
  }
}

const again: ExportStep = { kind: "again", delayMs: 0 };

async function work(hand: Hand): Promise<ExportStep> {
  const { deps } = hand;
  if (hand.value.cancelRequested) return end(hand, { status: "cancelled" });
  const order = await getJson<Order>(deps.exports, orderName(hand.value.id));
  if (hand.value.phase === "plan" && !(await plan(hand, order))) return again;
  if (hand.value.phase === "write" && !(await write(hand, order))) return again;
  // Reading back cannot be interrupted: what takes long gets an invocation of its own.
  if (hand.spentMs() > minute && hand.value.offset > 1024 ** 3) return again;
  const result = await readBack(hand);
  return end(hand, { status: hand.value.gapCount > 0 ? "succeededWithGaps" : "succeeded", result });
}

/** False when the time is up before every mailbox is planned. */
async function plan(hand: Hand, order: Order): Promise<boolean> {
  const { writer, deps } = hand;
  for (let index = total(hand.value.plans); index < order.mailboxes.length; index++) {
    const planned = await planMailbox({ id: hand.value.id, order, index, writer }, deps);
    const { value } = hand;
    const sum = plus(value.planned, planned);
    await hand.save({ ...value, faults: 0, plans: withTurn(value.plans, writer, 1), planned: sum });
    if (hand.isOver()) return false;
  }
  if (hand.value.planned.bytes > mostExportBytes)
    throw new MailkeepError("too-large", tooLarge(hand.value.planned.bytes), { reason: "EXPORT_TOO_LARGE" });
  await hand.save({ ...hand.value, phase: "write" });
  return true;
}

const tooLarge = (bytes: number): string =>
  `${Math.ceil(bytes / 1024 ** 3)} GiB were asked for and ${mostExportBytes / 1024 ** 3} GiB fit one export; ask by mailbox or by dates`;

/** False when the time is up before the zip is complete. */
async function write(hand: Hand, order: Order): Promise<boolean> {
  const { deps, writer } = hand;
  const writing = openWriting(hand, order);
  if (!(await writeExport(writing))) return false;
  const { value } = hand;
  const { out } = writing;
  const time = deps.clock.now().toISOString();
  const entries = await finishZip(value, { out, exports: deps.exports, blobs: deps.blobs, base: baseOf(value), time });
  await out.flush();
  const blocks = withTurn(writing.before, writer, out.blocks());
  await deps.exports.commitBlocks(resultName(value.id), pieceNames(blocks), { contentType: "application/zip" });
  await hand.save({ ...value, phase: "hash", blocks, offset: out.offset(), entries });
  return true;
}

/** The finished zip as storage gives it: its SHA-256, and that it is as long as what was written. */
async function readBack(hand: Hand): Promise<{ size: number; sha256: Sha256 }> {
  const { value, deps } = hand;
  const hash = createHash("sha256");
  let size = 0;
  let shownMs = hand.spentMs();
  const { body } = await deps.exports.stream(resultName(value.id));
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
    if (hand.spentMs() - shownMs < minute) continue;
    await hand.save(hand.value);
    shownMs = hand.spentMs();
  }
  if (size !== value.offset)
    throw new MailkeepError("corrupt", `the finished zip has ${size} bytes and ${value.offset} were written`, {
      reason: "EXPORT_DAMAGED",
    });
  return { size, sha256: hash.digest("hex") as Sha256 };
}

type Ending = Pick<Export, "status"> & Partial<Pick<Export, "result" | "problem">>;

async function end({ value, writer, deps }: Hand, ending: Ending): Promise<ExportStep> {
  const endedAt = deps.clock.now().toISOString();
  const ended = await changeExport(deps.rows, value.id, (stored) =>
    stored.writer === writer && isOpen(stored.status)
      ? { ...stored, ...ending, endedAt, updatedAt: endedAt }
      : undefined,
  );
  deps.log.info("export ended", { export: value.id, status: ended.status });
  await clearEnded(value.id, deps);
  return { kind: "done" };
}

/** What was kept beside the zip names messages, and nobody needs it any more. */
async function clearEnded(id: ExportId, { rows, exports }: Pick<ExportDeps, "rows" | "exports">): Promise<void> {
  const ended = await findExport(rows, id);
  if (ended === undefined || isOpen(ended.status)) return;
  if (ended.removeRequested) return purgeExport(id, { rows, exports });
  const names: string[] = [];
  for await (const { name } of exports.list(`${id}/`))
    if (ended.result === undefined || name !== resultName(id)) names.push(name);
  for (const name of names) await exports.remove(name);
}

/** Nothing is left of it, its row last: a crash half way leaves something to ask for again. */
export async function purgeExport(
  id: ExportId,
  { rows, exports }: Pick<ExportDeps, "rows" | "exports">,
): Promise<void> {
  await removeBlobs(id, exports);
  await forgetExport(rows, id);
}

export async function removeBlobs(id: ExportId, exports: ExportDeps["exports"]): Promise<void> {
  const names: string[] = [];
  for await (const { name } of exports.list(`${id}/`)) names.push(name);
  for (const name of names) await exports.remove(name);
}

/** Waits after the first, second, … fault in a row without a checkpoint between them. */
const faultWaitsMs = [5 * second, 20 * second, minute, 3 * minute, 5 * minute];
/** What no repetition mends. */
const hopeless = ["EXPORT_TOO_LARGE", "EXPORT_DAMAGED"];

async function afterFault(error: unknown, hand: Hand): Promise<ExportStep> {
  const { deps, value, writer } = hand;
  if (isMailkeepError(error) && error.reason === "EXPORT_TAKEN_OVER") return { kind: "done" };
  if (isMailkeepError(error) && error.reason === "EXPORT_CANCELLED") return end(hand, { status: "cancelled" });
  const fault = isMailkeepError(error)
    ? error
    : new MailkeepError("unavailable", "an unexpected fault", { cause: error });
  const code = fault.reason ?? fault.code.toUpperCase();
  deps.log.warn("export work interrupted", { ...told(error), export: value.id, code });
  const waitMs = hopeless.includes(code) ? undefined : faultWaitsMs[value.faults];
  if (waitMs === undefined) return end(hand, { status: "failed", problem: { code, message: fault.message } });
  await changeExport(deps.rows, value.id, (stored) =>
    stored.writer === writer && isOpen(stored.status) ? { ...stored, faults: stored.faults + 1 } : undefined,
  );
  return { kind: "again", delayMs: Math.max(waitMs, fault.retryAfterMs ?? 0) };
}

/** The queue has given the export up. */
export async function failExport(
  id: ExportId,
  problem: { code: string; message: string },
  { rows, clock }: Pick<ExportDeps, "rows" | "clock">,
): Promise<void> {
  const endedAt = clock.now().toISOString();
  await changeExport(rows, id, (stored) =>
    isOpen(stored.status) ? { ...stored, status: "failed", problem, endedAt, updatedAt: endedAt } : undefined,
  );
}
