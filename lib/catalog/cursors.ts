// How far each folder of a mailbox has been read for a profile and the filter it had: a cursor that was moved on under
// another filter is not used. Rows derived from the ledger, moved on by quiet rounds.
import { type FolderId, type MailboxId, shortHash } from "../core/ids.js";
import type { CursorMark } from "../ledger/record.js";
import type { RowStore } from "../ports/row-store.js";
import { inBatches } from "./batches.js";

export type Cursor = Omit<CursorMark, "profile" | "scope" | "folderId"> & { folderId: FolderId };

/** Whose a cursor is: a profile's, or a profile's with one filter. */
export type Reader = Pick<CursorMark, "profile" | "scope">;

const nameOf = ({ profile, scope }: Reader) => (scope === undefined ? profile : `${profile}-${scope}`);
const cursorRow = (mark: CursorMark) => `${nameOf(mark)}_${shortHash(mark.folderId)}`;

export async function loadCursors(rows: RowStore, mailbox: MailboxId, reader: Reader): Promise<Map<FolderId, Cursor>> {
  const cursors = new Map<FolderId, Cursor>();
  // "`" follows "_": the first key after all that begin with the name and "_".
  const range = { from: `${nameOf(reader)}_`, to: `${nameOf(reader)}\`` };
  for await (const { values } of rows.scan("cursors", mailbox, range)) {
    const cursor = {
      folderId: values.folderId as FolderId,
      link: `${values.link ?? ""}${values.link2 ?? ""}`,
      kind: values.kind as CursorMark["kind"],
      ...(typeof values.itemCount === "number" && { itemCount: values.itemCount }),
      ...(typeof values.comparedAt === "string" && { comparedAt: values.comparedAt }),
    };
    cursors.set(cursor.folderId, cursor);
  }
  return cursors;
}

/** A string property holds 32,768 characters; links are far shorter, but nobody promised. */
const half = 32_000;

export async function saveCursors(rows: RowStore, mailbox: MailboxId, marks: CursorMark[]): Promise<void> {
  const writes = marks.map((mark) => ({
    kind: "upsert" as const,
    row: cursorRow(mark),
    values: {
      folderId: mark.folderId,
      link: mark.link.slice(0, half),
      link2: mark.link.slice(half),
      kind: mark.kind,
      itemCount: mark.itemCount,
      comparedAt: mark.comparedAt,
    },
  }));
  await inBatches(rows, "cursors", mailbox, writes);
}
