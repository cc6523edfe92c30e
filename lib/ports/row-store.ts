/** The tables of design section 6. */
export type Table =
  | "connections"
  | "profiles"
  | "mailboxes"
  | "claims"
  | "cursors"
  | "messages"
  | "quarantine"
  | "runs"
  | "audit";

export type Value = string | number | boolean;

/** A row's own properties; `undefined` properties are left out when written. Names are letters and digits. */
export type Row = Record<string, Value | undefined>;

export interface Key {
  partition: string;
  row: string;
}

export interface StoredRow extends Key {
  etag: string;
  values: Row;
}

/** `merge` changes the named properties of a row and fails with `not-found` when it is absent. */
export type RowWrite =
  | { kind: "insert" | "upsert" | "merge"; row: string; values: Row }
  | { kind: "delete"; row: string };

export interface ScanRange {
  /** First row key, inclusive. */
  from?: string;
  /** Last row key, exclusive. */
  to?: string;
  /** Stop after so many rows. */
  limit?: number;
  /** Only these properties. */
  select?: string[];
}

/**
 * Keyed rows with optimistic concurrency.
 *
 * An adapter must enforce the real service's limits itself (entity 1 MiB, string property 32,768 UTF-16 units, keys
 * 1,024 characters and no `/ \ # ?` or control characters, 100 writes in a batch) with `too-large` or `invalid`, because
 * the emulator does not. Numbers are doubles: whole up to 2^53. Errors besides: `conflict` (insert of a taken key),
 * `precondition-failed` (etag is not the current one), `not-found` (replace, merge or delete by etag of an absent row),
 * `forbidden`, `unavailable`. A string with a lone surrogate is stored with U+FFFD in its place.
 *
 * A write whose answer was lost is repeated, so `conflict` and `precondition-failed` may be the answer to our own write:
 * read the row again before believing that somebody else changed it.
 */
export interface RowStore {
  /** Undefined only when the store says the row is absent. */
  get(table: Table, key: Key): Promise<StoredRow | undefined>;
  /** Returns the new etag. */
  insert(table: Table, key: Key, values: Row): Promise<string>;
  /** Replaces all properties if `etag` is still current; returns the new etag. */
  replace(table: Table, key: Key, values: Row, etag: string): Promise<string>;
  upsert(table: Table, key: Key, values: Row): Promise<void>;
  /** Deletes the row; with an etag only if it is current. Deleting an absent row without an etag is harmless. */
  delete(table: Table, key: Key, etag?: string): Promise<void>;
  /**
   * All of at most 100 writes (4 MiB together) to one partition, or none; no row twice. Deleting an absent row is
   * harmless here too.
   */
  batch(table: Table, partition: string, writes: RowWrite[]): Promise<void>;
  /** Rows of one partition in ascending row-key order. */
  scan(table: Table, partition: string, range?: ScanRange): AsyncIterable<StoredRow>;
}
