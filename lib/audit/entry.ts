// One entry of the audit as stored: a line of JSON that names the hash of the line before it.
import { z } from "zod";
import { sha256 } from "../core/digest.js";
import type { AuditEvent } from "../ports/audit-trail.js";
import type { StoredRow } from "../ports/row-store.js";

const text = (most: number) => z.string().max(most);
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const AuditEntry = z.strictObject({
  v: z.literal(1),
  /** From 1, without gaps, over all instances. */
  seq: z.number().int().min(1),
  /** SHA-256 of the text of the entry before; zeros before the first. */
  previous: Hash,
  /** By the clock of the instance that wrote it. */
  time: z.iso.datetime(),
  /** Chance: no two entries are alike. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  kind: z.enum(["read", "change", "refused"]),
  subject: text(128),
  action: text(100),
  object: text(600),
  outcome: z.enum(["asked", "done", "failed", "refused"]),
  request: text(64),
  code: text(100).optional(),
  result: text(600).optional(),
  fields: text(500).optional(),
  before: Hash.optional(),
  after: Hash.optional(),
  count: z.number().int().min(1).optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Where the chain ends: the newest entry's number and hash. */
export interface Tail {
  seq: number;
  hash: string;
}

/** Before the first entry. */
export const beginning: Tail = { seq: 0, hash: "0".repeat(64) };

/** All entries lie in one partition, so that a number can be taken only once. */
export const partition = "log";

/** Sorts behind every entry; written in the same transaction as the entries. */
export const headRow = "head";

const lastSeq = 999_999_999_999;

/** Twelve digits that sort the newest entry first. */
export const rowOf = (seq: number): string => String(lastSeq - seq).padStart(12, "0");
export const seqOf = (row: string): number => lastSeq - Number(row);

export const hashOf = (stored: string): string => sha256(Buffer.from(stored, "utf8"));

/** An event that has a time and a name, and waits for its place in the chain. */
export interface Stamped {
  time: string;
  id: string;
  event: AuditEvent;
}

export interface Link {
  row: string;
  seq: number;
  text: string;
  hash: string;
}

/** Pure: the entries of these events, the first one behind `tail`. */
export function link(events: Stamped[], tail: Tail): Link[] {
  const links: Link[] = [];
  let last = tail;
  for (const { time, id, event } of events) {
    const seq = last.seq + 1;
    const entry = AuditEntry.parse({ v: 1, seq, previous: last.hash, time, id, ...event });
    const line = JSON.stringify(entry);
    last = { seq, hash: hashOf(line) };
    links.push({ row: rowOf(seq), seq, text: line, hash: last.hash });
  }
  return links;
}

/** What a row holds; `entry` is undefined when it cannot be read. */
export interface ReadRow {
  seq: number;
  text: string;
  /** Of the text as it is now. */
  hash: string;
  entry: AuditEntry | undefined;
  /** The row is what was written: its hash is its text's, and its number is its place's. */
  intact: boolean;
}

export function readRow({ row, values }: StoredRow): ReadRow {
  const stored = typeof values.entry === "string" ? values.entry : "";
  const seq = seqOf(row);
  const hash = hashOf(stored);
  const entry = parsed(stored);
  return { seq, text: stored, hash, entry, intact: entry?.seq === seq && values.hash === hash };
}

function parsed(stored: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(stored)).data;
  } catch {
    return undefined; // not JSON: the check names it
  }
}
