// Whether a message fits a query: by its catalog row, by the ledger where a text was too long for a row, and by the names
// of its attachments where they are asked for.
import { pathNames } from "../core/folder-path.js";
import type { Row } from "../ports/row-store.js";
import type { LedgerEntries } from "../reading/ledger-entry.js";
import { currentPath, type Folders, isWhole, recipientsOf } from "../reading/summary.js";
import { type Condition, folded, type Query } from "./query.js";

export interface MatchTools {
  folders: Folders;
  ledger: LedgerEntries;
  /** Folded names of a message's attachments; read from its bytes. */
  attachmentNames(row: Row): Promise<string[]>;
}

interface Texts {
  subject: string;
  from: string;
  to: string;
}

/** Cheap questions first; the last ones are asked of few. */
const order: Condition["kind"][] = [
  "larger",
  "smaller",
  "has-attachment",
  "folder",
  "from",
  "subject",
  "to",
  "word",
  "attachment",
];

/** Times and mailboxes are for whoever chooses the rows. */
export function matcher(query: Query, tools: MatchTools): (row: Row) => Promise<boolean> {
  const terms = query
    .filter(({ condition }) => order.includes(condition.kind))
    .sort((a, b) => order.indexOf(a.condition.kind) - order.indexOf(b.condition.kind));
  return async (row) => {
    let texts: Texts | undefined;
    for (const { condition, negated } of terms) {
      if (isOfText(condition)) texts ??= await textsOf(row, tools.ledger);
      if ((await fits(condition, { row, texts, tools })) === negated) return false;
    }
    return true;
  };
}

const isOfText = ({ kind }: Condition): boolean => ["from", "to", "subject", "word"].includes(kind);

type About = { row: Row; texts: Texts | undefined; tools: MatchTools };

async function fits(condition: Condition, { row, texts, tools }: About): Promise<boolean> {
  switch (condition.kind) {
    case "larger":
      return Number(row.size) > condition.bytes;
    case "smaller":
      return Number(row.size) < condition.bytes;
    case "has-attachment":
      return row.hasAttachment === true;
    case "folder":
      return isInFolder(currentPath(row, tools.folders), condition.text);
    case "from":
    case "to":
    case "subject":
      return texts?.[condition.kind].includes(condition.text) ?? false;
    case "word":
      return [texts?.subject, texts?.from, texts?.to].some((text) => text?.includes(condition.text));
    case "attachment":
      // Exchange says of most messages that there is none: their bytes need not be read.
      if (row.hasAttachment === false) return false;
      return (await tools.attachmentNames(row)).some((name) => name.includes(condition.text));
    default:
      return true;
  }
}

/** `/Inbox/Projects` is that folder and all below it; `projects` any folder of that name and all below it. */
function isInFolder(path: string, wanted: string): boolean {
  const names = pathNames(path).map(folded);
  const asked = pathNames(wanted);
  if (wanted.startsWith("/")) return asked.every((name, index) => names[index] === name);
  return names.includes(wanted);
}

async function textsOf(row: Row, ledger: LedgerEntries): Promise<Texts> {
  if (isWhole(row)) {
    const { to, cc, bcc } = recipientsOf(row);
    const from = [{ email: String(row.fromEmail ?? ""), name: String(row.fromName ?? "") }];
    return { subject: folded(String(row.subject ?? "")), from: joined(from), to: joined(to, cc, bcc) };
  }
  const { subject, from, to, cc, bcc } = await ledger.of(row);
  return { subject: folded(subject ?? ""), from: joined(from && [from]), to: joined(to, cc, bcc) };
}

type People = { name?: string | undefined; email: string }[] | undefined;

/** One text; a line break is in no term, so that nothing is found across two people. */
const joined = (...lists: People[]): string =>
  folded(lists.flatMap((list) => (list ?? []).flatMap(({ name, email }) => [name ?? "", email])).join("\n"));
