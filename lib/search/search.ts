// Searches all mailboxes of the archive, one after the other, for a limited time; the rest is a page of its own.
import { MailkeepError } from "../core/errors.js";
import { MailboxId } from "../core/ids.js";
import { second } from "../core/time.js";
import { listAllMailboxes } from "../mailboxes/mailbox.js";
import type { RowStore } from "../ports/row-store.js";
import { folded, parseQuery, type Query } from "./query.js";
import { type Hit, type NotSearched, type SearchDeps, type Searched, searchMailbox } from "./search-mailbox.js";

/** One page takes about so long at most. */
const budgetMs = 20 * second;
/** Mailboxes searched at once, once the first ones have shown that they hold little. */
const mostAtOnce = 16;
/** Named on one page; all are counted. */
const mostNotSearched = 100;

export interface SearchPage {
  /** Mailbox after mailbox in the order of their ids, the newest first within each. */
  value: Hit[];
  searched: {
    /** Mailboxes that this page searched, to their end or as far as it came. */
    mailboxes: number;
    messages: number;
    /** The last page, and nothing on it was left out. */
    complete: boolean;
    notSearched: { count: number; first: NotSearched[] };
  };
  next?: string;
}

export interface SearchRequest {
  q: string;
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** @throws MailkeepError `invalid` (SEARCH_INVALID, MAILBOX_NOT_FOUND) */
export async function search({ q, limit, after }: SearchRequest, deps: SearchDeps): Promise<SearchPage> {
  const query = parseQuery(q);
  const began = deps.clock.monotonicMs();
  const isOver = () => deps.clock.monotonicMs() - began >= budgetMs;
  const begin = placeOf(after);
  const chosen = await mailboxesOf(query, deps);
  const rest = chosen.filter((mailbox) => begin === undefined || mailbox >= begin.mailbox);
  const page: SearchPage = {
    value: [],
    searched: { mailboxes: 0, messages: 0, complete: true, notSearched: { count: 0, first: [] } },
  };
  let width = 1;
  for (let at = 0; at < rest.length; at += width, width = Math.min(mostAtOnce, width * 2)) {
    const some = rest.slice(at, at + width);
    const left = limit - page.value.length;
    const rowOf = (mailbox: MailboxId) => (mailbox === begin?.mailbox ? begin.row : undefined);
    const results = await Promise.all(
      some.map((mailbox) => searchMailbox(mailbox, { query, after: rowOf(mailbox), limit: left, isOver }, deps)),
    );
    const next = take(page, { some, results, limit, following: rest[at + some.length] });
    if (next !== undefined) return { ...page, searched: { ...page.searched, complete: false }, next };
    if (isOver() && rest[at + some.length] !== undefined)
      return { ...page, searched: { ...page.searched, complete: false }, next: `${rest[at + some.length]}/` };
  }
  page.searched.complete = page.searched.notSearched.count === 0;
  return page;
}

/** Takes results in order while there is room; says where the next page begins when there is none left. */
function take(
  page: SearchPage,
  {
    some,
    results,
    limit,
    following,
  }: { some: MailboxId[]; results: Searched[]; limit: number; following: MailboxId | undefined },
): string | undefined {
  for (const [index, { hits, messages, notSearched, after }] of results.entries()) {
    const mailbox = some[index] as MailboxId;
    // What was found ahead and has no room is found again.
    if (page.value.length + hits.length > limit) return `${mailbox}/`;
    page.value.push(...hits);
    page.searched.mailboxes++;
    page.searched.messages += messages;
    page.searched.notSearched.count += notSearched.length;
    page.searched.notSearched.first.push(
      ...notSearched.slice(0, mostNotSearched - page.searched.notSearched.first.length),
    );
    if (after !== undefined) return `${mailbox}/${after}`;
    const next = some[index + 1] ?? following;
    if (page.value.length === limit && next !== undefined) return `${next}/`;
  }
  return undefined;
}

function placeOf(after: string | undefined): { mailbox: MailboxId; row: string | undefined } | undefined {
  if (after === undefined) return undefined;
  const [, id, row] = /^([^/]+)\/(t_[0-9]{13}_[0-9a-f]{32}(?:-[1-9][0-9]{0,4})?)?$/.exec(after) ?? [];
  const mailbox = MailboxId.safeParse(id);
  if (!mailbox.success)
    throw new MailkeepError("invalid", "cursor: is not a cursor of this list", {
      reason: "INVALID_INPUT",
      field: "cursor",
    });
  return { mailbox: mailbox.data, row };
}

/** Everything that was ever archived, or the mailboxes that the query names, less those that it excludes; in order. */
async function mailboxesOf(query: Query, { blobs, rows }: SearchDeps): Promise<MailboxId[]> {
  const named = (negated: boolean) =>
    query.flatMap(({ condition, negated: is }) =>
      condition.kind === "mailbox" && is === negated ? [condition.text] : [],
    );
  const wanted = await idsOf(named(false), rows);
  const unwanted = await idsOf(named(true), rows);
  const all: MailboxId[] = [];
  for await (const segment of blobs.folders("mailboxes/")) {
    const id = MailboxId.safeParse(segment);
    const name = folded(segment);
    if (id.success && (wanted.size === 0 || wanted.has(name)) && !unwanted.has(name)) all.push(id.data);
  }
  return all.sort();
}

/** By id, or by any address; folded, as the query's texts are. */
async function idsOf(names: string[], rows: RowStore): Promise<Set<string>> {
  const ids = new Set<string>();
  const addresses = new Set<string>();
  for (const name of names) (MailboxId.safeParse(name).success ? ids : addresses).add(name);
  if (addresses.size === 0) return ids;
  const found = new Set<string>();
  for await (const { id, address, userPrincipalName, addresses: all } of listAllMailboxes(rows))
    for (const name of [address, userPrincipalName, ...all].map(folded))
      if (addresses.has(name)) {
        ids.add(folded(id));
        found.add(name);
      }
  const unknown = [...addresses].find((name) => !found.has(name));
  if (unknown === undefined) return ids;
  const message = `the directory snapshot has no mailbox ${unknown}`;
  throw new MailkeepError("invalid", message, { reason: "MAILBOX_NOT_FOUND", field: "q" });
}
