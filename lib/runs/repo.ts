// Runs and their mailbox parts as rows: all runs in one partition, newest first; one partition of parts for each run.
import { deflateSync, inflateSync } from "node:zlib";
import { isMailkeepError, MailkeepError } from "../core/errors.js";
import { defaultConnection, type MailboxId, type RunId } from "../core/ids.js";
import type { Row, RowStore, StoredRow } from "../ports/row-store.js";
import { MessageFilter } from "../profiles/filter.js";
import { Folders } from "../profiles/folders.js";
import { sealValues } from "../profiles/settings.js";
import type { MailboxRun, MailboxStatus, Run } from "./run.js";

const runsPartition = "runs";

export interface Versioned<T> {
  value: T;
  etag: string;
}

/** A property holds 32,768 characters; a run whose profile names hundreds of folders needs several. */
const pieceLength = 32_000;

/** A row holds 1 MiB, two bytes a character: what is longer is deflated. */
const longestPlain = 15 * pieceLength;

/** Both kinds are kept as JSON beside the few properties that are searched. */
function jsonValues(value: Run | MailboxRun): Row {
  const plain = JSON.stringify(value);
  const isLong = plain.length > longestPlain;
  const json = isLong ? deflateSync(plain).toString("base64") : plain;
  const values: Row = { json: json.slice(0, pieceLength), ...(isLong && { deflated: 1 }) };
  for (let at = pieceLength, n = 2; at < json.length; at += pieceLength, n++)
    values[`json${n}`] = json.slice(at, at + pieceLength);
  return values;
}

function jsonIn({ values }: StoredRow): string {
  let json = String(values.json);
  for (let n = 2; values[`json${n}`] !== undefined; n++) json += String(values[`json${n}`]);
  return values.deflated === 1 ? inflateSync(Buffer.from(json, "base64")).toString("utf8") : json;
}

/** Runs of a time when there was one connection do not name it; those from before there were overrides lie open. */
function toRun(row: StoredRow): Versioned<Run> {
  const { folders, filter, requestTimeoutSeconds, ...run } = JSON.parse(jsonIn(row)) as StoredRun;
  const values =
    run.values ??
    sealValues({
      folders: Folders.parse(folders),
      filter: MessageFilter.parse(filter ?? {}),
      deletion: run.deletion?.rule ?? { mode: "none" },
      requestTimeoutSeconds: requestTimeoutSeconds ?? 100,
    });
  return { value: { ...run, values, connection: run.connection ?? defaultConnection }, etag: row.etag };
}

type StoredRun = Omit<Run, "values" | "connection"> &
  Partial<Pick<Run, "values" | "connection">> & { folders?: unknown; filter?: unknown; requestTimeoutSeconds?: number };
const toPart = (row: StoredRow): Versioned<MailboxRun> => ({ value: JSON.parse(jsonIn(row)), etag: row.etag });
const runValues = (run: Run) => ({ status: run.status, profile: run.profile, ...jsonValues(run) });
const partValues = (part: MailboxRun) => ({ status: part.status, ...jsonValues(part) });

export async function insertRun(rows: RowStore, run: Run): Promise<void> {
  await rows.insert("runs", { partition: runsPartition, row: run.id }, runValues(run));
}

export async function findRun(rows: RowStore, id: RunId): Promise<Versioned<Run> | undefined> {
  const row = await rows.get("runs", { partition: runsPartition, row: id });
  return row && toRun(row);
}

/** Newest first. */
export async function* listRuns(rows: RowStore, after?: RunId): AsyncIterable<Run> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", runsPartition, range)) yield toRun(row).value;
}

/**
 * Changes a run under optimistic concurrency; `change` may be called again with the newest state, and returns undefined
 * to leave it. @throws not-found
 */
export async function changeRun(rows: RowStore, id: RunId, change: (run: Run) => Run | undefined): Promise<Run> {
  const missing = () => new MailkeepError("not-found", `no run ${id}`, { reason: "RUN_NOT_FOUND" });
  const replace = (run: Run, etag: string) =>
    rows.replace("runs", { partition: runsPartition, row: id }, runValues(run), etag);
  return (await changeStored({ find: () => findRun(rows, id), missing, replace }, change)).value;
}

/** Adds the parts that are not there yet: starting a run again after a crash must not reset a part already at work. */
export async function insertParts(rows: RowStore, run: RunId, parts: MailboxRun[]): Promise<void> {
  for (let at = 0; at < parts.length; at += 100) {
    const some = parts.slice(at, at + 100);
    const writes = some.map((part) => ({ kind: "insert" as const, row: part.mailbox, values: partValues(part) }));
    try {
      await rows.batch("runs", run, writes);
    } catch (error) {
      if (!isMailkeepError(error, "conflict")) throw error;
      for (const part of some) await insertPart(rows, part);
    }
  }
}

async function insertPart(rows: RowStore, part: MailboxRun): Promise<void> {
  try {
    await rows.insert("runs", { partition: part.run, row: part.mailbox }, partValues(part));
  } catch (error) {
    if (!isMailkeepError(error, "conflict")) throw error;
  }
}

export async function findPart(
  rows: RowStore,
  run: RunId,
  mailbox: MailboxId,
): Promise<Versioned<MailboxRun> | undefined> {
  const row = await rows.get("runs", { partition: run, row: mailbox });
  return row && toPart(row);
}

export async function* listParts(rows: RowStore, run: RunId, after?: string): AsyncIterable<MailboxRun> {
  const range = after === undefined ? {} : { from: `${after}!` };
  for await (const row of rows.scan("runs", run, range)) yield toPart(row).value;
}

/** How the mailboxes of a run stand, without all that is known of each. */
export async function statusesOf(rows: RowStore, run: RunId): Promise<MailboxStatus[]> {
  const statuses: MailboxStatus[] = [];
  for await (const { values } of rows.scan("runs", run, { select: ["status"] }))
    statuses.push(values.status as MailboxStatus);
  return statuses;
}

/** Like {@link changeRun} for one mailbox of a run. */
export async function changePart(
  rows: RowStore,
  run: RunId,
  mailbox: MailboxId,
  change: (part: MailboxRun) => MailboxRun | undefined,
): Promise<MailboxRun> {
  return (await changeStored(partPlace(rows, run, mailbox), change)).value;
}

export interface KeptPart {
  /** Like {@link changePart}, one change after the other. */
  change(change: (stored: MailboxRun) => MailboxRun | undefined): Promise<MailboxRun>;
}

/** For a worker, who writes a part again and again: what it wrote last is not read back before it writes once more. */
export function keepPart(rows: RowStore, found: Versioned<MailboxRun>): KeptPart {
  const { run, mailbox } = found.value;
  const place = partPlace(rows, run, mailbox);
  let known = found;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async change(change) {
      const changing = last.then(async () => {
        known = await changeStored(place, change, known);
        return known.value;
      });
      last = changing.catch(() => {}); // Who asked for it hears of it.
      return changing;
    },
  };
}

function partPlace(rows: RowStore, run: RunId, mailbox: MailboxId): Place<MailboxRun> {
  const text = `run ${run} has no mailbox ${mailbox}`;
  return {
    find: () => findPart(rows, run, mailbox),
    missing: () => new MailkeepError("not-found", text, { reason: "MAILBOX_RUN_NOT_FOUND" }),
    replace: (part, etag) => rows.replace("runs", { partition: run, row: mailbox }, partValues(part), etag),
  };
}

interface Place<T> {
  find(): Promise<Versioned<T> | undefined>;
  missing(): MailkeepError;
  /** Returns the new etag. */
  replace(value: T, etag: string): Promise<string>;
}

const conflictTries = 8;

/** `known` spares the first reading; when somebody else has written since, it is refused and read anew. */
async function changeStored<T>(
  { find, missing, replace }: Place<T>,
  change: (value: T) => T | undefined,
  known?: Versioned<T>,
): Promise<Versioned<T>> {
  let attempted: T | undefined;
  for (let tries = 1; ; tries++) {
    const found = (tries === 1 ? known : undefined) ?? (await find());
    if (found === undefined) throw missing();
    // A write whose answer was lost is repeated and then refused: what it wanted is there already.
    if (attempted !== undefined && JSON.stringify(found.value) === JSON.stringify(attempted))
      return { value: attempted, etag: found.etag };
    const value = change(found.value);
    if (value === undefined) return found;
    attempted = value;
    try {
      return { value, etag: await replace(value, found.etag) };
    } catch (error) {
      if (!isMailkeepError(error, "precondition-failed") || tries === conflictTries) throw error;
    }
  }
}
