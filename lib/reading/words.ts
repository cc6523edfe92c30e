// Looks for words in what the catalog knows of a message, and in the ledger where a text was too long for a row.
import type { MessageRecord } from "../pack/manifest.js";
import type { Address } from "../ports/mail-source.js";
import type { Row } from "../ports/row-store.js";
import type { LedgerEntries } from "./ledger-entry.js";
import { isWhole, recipientsOf } from "./summary.js";

/** `not now`: only the ledger can tell, and no more of it may be read for this page. */
export type Found = boolean | "not now";

/** All words must occur in subject, sender or recipients. At most `recordLimit` ledger records are read. */
export function wordSearch(
  q: string | undefined,
  ledger: LedgerEntries,
  recordLimit: number,
): (row: Row) => Promise<Found> {
  const words = [...new Set(folded(q ?? "").split(/\s+/u))].filter((word) => word !== "");
  const allIn = (texts: Iterable<unknown>) => {
    const text = folded([...texts].filter((part) => typeof part === "string").join("\n"));
    return words.every((word) => text.includes(word));
  };
  let left = recordLimit;
  return async (row) => {
    if (words.length === 0 || allIn(textsOfRow(row))) return true;
    if (isWhole(row)) return false;
    if (!ledger.has(row) && left-- <= 0) return "not now";
    return allIn(textsOfRecord(await ledger.of(row)));
  };
}

function* textsOfRow(row: Row): Iterable<unknown> {
  yield row.subject;
  yield row.fromName;
  yield row.fromEmail;
  const { to, cc, bcc } = recipientsOf(row);
  yield* textsOf(to, cc, bcc);
}

function textsOfRecord({ subject, from, to, cc, bcc }: MessageRecord): unknown[] {
  return [subject, ...textsOf(from && [from], to, cc, bcc)];
}

type Addresses = { name?: string | undefined; email: string }[] | Address[] | undefined;

function textsOf(...lists: Addresses[]): unknown[] {
  return lists.flatMap((list) => (list ?? []).flatMap(({ name, email }) => [name, email]));
}

/** Compatibility forms (full-width letters, ligatures) and cases count as the same. */
const folded = (text: string): string => text.normalize("NFKC").toLowerCase();
